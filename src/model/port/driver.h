// The hand that puts things right. Message-shaped: values in, values out, a deadline, no callbacks; a driver can live
// in another process. Two implementations: `driver/file` (real) and the simulator's.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/resource.h"

namespace aright {

/// Which resources a control is about: exact ids, or everything a driver lists in a folder.
struct Select {
  std::vector<std::string> ids;     ///< file: absolute paths
  std::vector<std::string> within;  ///< file: absolute folders whose regular files (not below them) are meant
};

enum class ApplyOutcome : std::uint8_t {
  applied,  ///< it was `before`, now it is `after`
  already,  ///< it already was `after`; nothing was changed (also: an earlier attempt with this key had done it)
};

struct ApplyRequest {
  ResourceId resource;
  Plan plan;
  /// Names this step of this run, not the attempt ("r12-0"): [a-z0-9-]{1,40}. Leftovers of an earlier attempt with the
  /// same key are recognised by it and finished or taken back.
  std::string key;
};

/// All calls may come from any thread; calls for different resources run in parallel, never two `apply` for one
/// resource. Each call ends within a few seconds or reports Errc::timeout.
class Driver {
 public:
  virtual ~Driver() = default;

  /// The resource's state now; {"exists": false} when it is absent. Errors: denied (not readable, a path through a
  /// link, a directory others can write), invalid (not a regular file, over the size limit), unavailable.
  virtual Result<State> read(const ResourceId& resource) = 0;

  /// The ids that `select` means now, sorted, without duplicates. An empty list is inconclusive, never compliant.
  virtual Result<std::vector<std::string>> list(const Select& select) = 0;

  /// A fresh read and what would have to change. `plan.empty()` when nothing. Errors as `read`; invalid when `desired`
  /// cannot be reached (content missing for a file that must be created, unknown owner).
  virtual Result<Plan> plan(const ResourceId& resource, const Desired& desired) = 0;

  /// Compare-and-set; idempotent. Errc::conflict: the resource equals neither `plan.before` nor `plan.after`; it was
  /// left as it was found. Any other error: not applied, resource as before (no_space, denied, …); timeout: not known.
  virtual Result<ApplyOutcome> apply(const ApplyRequest& request) = 0;
};

}  // namespace aright
