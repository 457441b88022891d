// `aright validate`: whether a configuration folder is right, and what of it is worth a word.
#pragma once

#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Tells on standard output and error, as `session` says. `root`: base of relative paths; empty: as aright.yaml says.
/// Plays the tests of the folder. Returns the exit code.
[[nodiscard]] int validate(const std::string& folder, const std::string& root, const Session& session);

}  // namespace aright::cli
