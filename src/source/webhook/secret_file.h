// A key that lies in a file of its own.
#pragma once

#include <string>

#include "base/result.h"

namespace aright::source {

/// The file's text without the line break at its end. It may be reached through a link (secrets are mounted that way).
/// Errc::denied: this process may not read it. Errc::invalid: readable by others, writable by the group, neither ours
/// nor root's, no regular file, empty, shorter than 16 bytes, larger than 4 KiB. The message names the path and never
/// shows the key. Others as the system says.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path);

}  // namespace aright::source
