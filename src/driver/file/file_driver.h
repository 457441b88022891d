// Driver `file`: content, mode, owner, group, absence of regular files. Strength `detected`.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "driver/file/in_flight.h"
#include "driver/file/state.h"
#include "model/port/driver.h"

namespace aright::driver {

/// Ids are paths in the form of base/path_text.h. A file whose id would be too long is listed by its cut text, and
/// reading that says so. A path that two files of somebody else claim, found by a removal, cannot be read
/// (Errc::denied) until a person has taken the second away; its run is then in doubt. That is known as long as the
/// process lives.
class FileDriver final : public Driver {
 public:
  explicit FileDriver(FileLimits limits = {}) : limits_(limits) {}
  Result<State> read(const ResourceId& resource) override;
  Result<std::vector<std::string>> list(const Select& select) override;
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override;
  Result<ApplyOutcome> apply(const ApplyRequest& request) override;

 private:
  Result<State> read_or_absent(const std::string& path) const;
  Result<Done> check_unclaimed(const Place& place) const;
  Result<Done> list_folder(const std::string& path, std::vector<std::string>& out) const;

  FileLimits limits_;
  InFlight in_flight_;
  mutable std::mutex kept_mutex_;
  mutable std::map<std::string, std::string> kept_;  ///< by path: the name under which a second file for it was kept
};

}  // namespace aright::driver
