// Who speaks, for people and for receivers that hear of many nodes.
#pragma once

#include <string>

namespace aright::driver {

struct NodeName {
  std::string id;    ///< tells our ids from those of other nodes
  std::string host;  ///< as the system calls this machine
};

/// "-" where it has no name.
[[nodiscard]] std::string host_name();

}  // namespace aright::driver
