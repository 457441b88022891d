// Guards: may one more run of a workflow start now? Pure: values and `now` in, a verdict with its numbers out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "guard/tally.h"
#include "model/workflow.h"

namespace aright::guard {

struct Admit {};
/// A person decides. `guard` is its name in records; `reason` holds the numbers it saw.
struct Hold {
  std::string guard;
  std::string reason;
};
/// Recorded, nothing done; asked again after `again_after`.
struct Suppress {
  std::string guard;
  std::string reason;
  Nanos again_after{};
};
using Verdict = std::variant<Admit, Hold, Suppress>;

struct Question {
  const Workflow& workflow;
  std::string_view subject;
  const Tally& admissions;  ///< of this workflow; at least those inside its largest window
  const Now& now;
  std::span<const std::string> keys{};  ///< of what is asked about, as of an admission
  bool again{false};                    ///< as of an admission
  std::string_view key_trouble{};       ///< why what an expression comes to is not known; empty: it is
  std::uint32_t own{0};         ///< it is asked about again: so many admissions of its subject, the newest, are its own
  std::string_view last_end{};  ///< how its last run for this finding ended, which did not put it right; empty: none
};

/// What an admission is counted by beside its subject, short enough for records: "resource=file:/etc/motd".
[[nodiscard]] std::string resource_key(const ResourceId& resource);
[[nodiscard]] std::string expression_key(std::string_view expression, std::string_view value);

/// What one limit of the threshold sees.
struct Count {
  Threshold limit;
  std::string key;              ///< per resource or expression: the one that has most of them
  std::uint64_t admitted{0};    ///< within (now − within, now], of its key
  std::uint64_t again{0};       ///< of those: what had been put right came back
  std::optional<Nanos> leaves;  ///< when the oldest of them leaves the window
};
/// One for each limit, in their order. Cannot fail.
[[nodiscard]] std::vector<Count> count(const Question& question);

/// Threshold: the `runs + 1`-th admission within (now − within, now] is held. An admission later than `now` (the clock
/// stepped back) counts as recent: the safe side. What cannot be counted is held. Cannot fail.
[[nodiscard]] Verdict threshold(const Question& question);

/// Cool-down: suppressed while the last admission of the same key is younger than `wait` by every clock. What was let
/// go does not wait for itself.
[[nodiscard]] Verdict cool_down(const Question& question);

/// Protected resources: a path equal to, below, or above one of `protected_paths` is held, whoever names it.
[[nodiscard]] Verdict protected_resource(const ResourceId& resource, std::span<const std::string> protected_paths);

/// The longest window any guard of `workflow` looks back.
[[nodiscard]] Nanos longest_window(const Workflow& workflow);

}  // namespace aright::guard
