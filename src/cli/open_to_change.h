// Whether anybody may change the configuration that is about to be run.
#pragma once

#include <string>

#include "base/diagnostic.h"

namespace aright::cli {

/// What is in the configuration folder, and each folder above it, that everybody may write to: one diagnostic for all
/// that is inside and one for each folder above, of `severity`, with what to type. A shared folder with the sticky bit
/// is fine above, since nobody else can exchange what lies in it. Names that begin with a dot are not read and not
/// looked at.
void check_open_to_change(const std::string& folder, Severity severity, Diagnostics& out);

}  // namespace aright::cli
