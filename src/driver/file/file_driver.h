// Driver `file`: content, mode, owner, group, absence of regular files. Strength `detected`.
#pragma once

#include "driver/file/state.h"
#include "model/port/driver.h"

namespace aright::driver {

class FileDriver final : public Driver {
 public:
  explicit FileDriver(FileLimits limits = {}) : limits_(limits) {}
  Result<State> read(const ResourceId& resource) override;
  Result<std::vector<std::string>> list(const Select& select) override;
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override;
  Result<ApplyOutcome> apply(const ApplyRequest& request) override;

 private:
  FileLimits limits_;
};

}  // namespace aright::driver
