// What `explain` says of a run that is open, in the words of runs. Pure.
#pragma once

#include <string>

#include "model/run.h"

namespace aright::engine {

/// What follows "run 7": "waits 10m, until TIME, then goes on with step 3 of 3 (exec:/bin/x)", "is at work". `waits`:
/// why it is where it is, as it is now.
[[nodiscard]] std::string open_run_text(const Run& run, const std::string& waits);

/// Of one that was cancelled while something of it is under way. `cancel_asked`: who asked, and why.
[[nodiscard]] std::string ending_text(const std::string& cancel_asked);

}  // namespace aright::engine
