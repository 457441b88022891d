// A configuration that is played, not run: what its files are on this machine says nothing of what it does.
#pragma once

#include "model/workflow.h"

namespace aright::cli {

/// Without the age and the owner of each definition's file: all are as new as the clock that they are played by, and
/// nobody here has edited them (docs/decisions/0185).
[[nodiscard]] Config of_no_file(Config config);

}  // namespace aright::cli
