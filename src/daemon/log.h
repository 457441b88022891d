// The daemon's log: lines on standard error.
#pragma once

#include <vector>

#include "engine/messages.h"

namespace aright::daemon {

/// Once, before the first line. `only_warnings`: the rest is not written.
void log_to_stderr(bool only_warnings);
/// What one commit made known, in one write: a burst of fixes does not pay for each line. Any thread.
void tell(const std::vector<engine::Notice>& notices);

}  // namespace aright::daemon
