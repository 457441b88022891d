// A configuration as a replay plays it: what its controls find, and how old it is, the log says.
#pragma once

#include "engine/ages.h"
#include "model/workflow.h"

namespace aright::cli {

/// Its controls find what the log says, whatever they look at: by name. `ages`: as the log knew them when the replay
/// begins; what somebody had reviewed by then is no older for the date of its file.
[[nodiscard]] Config by_the_log(Config config, const engine::Ages& ages);

}  // namespace aright::cli
