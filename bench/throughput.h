// Many files at once: the daemon beside eight threads that make the same system calls and record nothing.
#pragma once

#include <string>
#include <vector>

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

struct ThroughputPlaces {
  std::vector<std::string> managed;  ///< files the daemon keeps, in eight folders
  std::vector<std::string> bare;     ///< as many in eight other folders
};

/// Leaves the rounds' runs in the daemon's state.
[[nodiscard]] Result<Done> measure_throughput(const ThroughputPlaces& places, Outcomes& outcomes, int daemon_pid,
                                              Report& report);

}  // namespace aright::bench
