// What controls said of what runs of a log had made.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cli/replay/told_log.h"

namespace aright::cli {

/// Once a run had made a resource as it is, before anybody else was seen to change it.
struct ToldMade {
  std::set<std::string> right;  ///< controls that found it right then
  std::set<std::string> wrong;
};
/// By run and resource.
using ToldMadeBy = std::map<std::uint64_t, std::map<std::string, ToldMade>>;
[[nodiscard]] ToldMadeBy told_made(const ToldLog& log);

}  // namespace aright::cli
