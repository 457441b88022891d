// The paths of Aright itself: its state, its program, its configuration.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace aright::cli {

/// `path` without links, as far as it exists; as it is when that cannot be told.
[[nodiscard]] std::string absolute(const std::string& path);

/// What no workflow may change: the state folder, this program and the configuration folder, as ids of files.
[[nodiscard]] std::vector<std::string> protected_paths(const std::string& state, const std::string& config);

/// Reports a state folder that is the configuration folder or lies in it: whoever writes one must not write the other.
void check_apart(const std::string& state, const std::string& config, Diagnostics& out);

}  // namespace aright::cli
