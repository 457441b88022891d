// Mistakes in what somebody wrote, on their way to a terminal.
#pragma once

#include <string>

#include "base/diagnostic.h"

namespace aright::cli {

/// As `render` has it, with every part made `safe`: what a definition says, and what its file is called, is anybody's.
[[nodiscard]] std::string rendered(const Diagnostic& diagnostic);
/// Each of them so, on standard error.
void print_diagnostics(const Diagnostics& diagnostics);

}  // namespace aright::cli
