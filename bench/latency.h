// One file at a time: the daemon and the bare program in turn, so that both see the same machine.
#pragma once

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

struct LatencyPlaces {
  std::string managed;  ///< a file the daemon keeps
  std::string folder;   ///< for the bare program
};

/// `outcomes`: of the running daemon, which does nothing else meanwhile.
[[nodiscard]] Result<Done> measure_latency(const LatencyPlaces& places, Outcomes& outcomes, Report& report);

}  // namespace aright::bench
