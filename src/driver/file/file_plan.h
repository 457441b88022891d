// What would have to change in a file's state, from the state alone: no file is looked at.
#pragma once

#include <functional>
#include <string>

#include "driver/file/state.h"

namespace aright::driver {

/// Whose files are, where nothing is said of it, and how names of owners are written in states.
struct FileOwners {
  std::string user;  ///< of a file that is made
  std::string group;
  std::function<Result<Done>(Json& fields)> normalise;  ///< owner and group into the form that reading gives
};

/// As Driver::plan, from a state that was read.
[[nodiscard]] Result<Plan> plan_file(const std::string& path, State before, const Desired& desired,
                                     const FileLimits& limits, const FileOwners& owners);

/// Whether its content may stand in records: `fields` of a file that is there.
[[nodiscard]] bool everybody_reads(const Json& fields);

}  // namespace aright::driver
