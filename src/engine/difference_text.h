// What a run would change, short enough for a message. Pure.
#pragma once

#include <string>

#include "model/run.h"

namespace aright::engine {

/// Each step with what it would change, as its entry has it: what is sensitive is no part of that. At most 700 bytes,
/// and then how much more there is; in words why, where it cannot be said.
[[nodiscard]] std::string difference_text(const Run& run);

}  // namespace aright::engine
