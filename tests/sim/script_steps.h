// Workflows whose steps are more than effects one after the other.
#pragma once

#include <vector>

#include "model/workflow.h"

namespace aright::sim {

/// A program that may end either way, two arms by that, one of them with a wait in it, and one by what is known at
/// once.
[[nodiscard]] std::vector<Step> branching(bool confirmed);

/// A program that is told what the one before it came to, and one for each of two values.
[[nodiscard]] std::vector<Step> told_later(bool confirmed);

}  // namespace aright::sim
