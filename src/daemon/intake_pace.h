// How the daemon's sources of events share the one thread that listens.
#pragma once

#include <chrono>

namespace aright::daemon {

constexpr auto ask_again = std::chrono::milliseconds{50};  ///< whether the engine takes events again
constexpr int batches_max = 8;                             ///< of one source before another has its turn

}  // namespace aright::daemon
