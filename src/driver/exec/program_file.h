// Whether a file is a program that only root or we could have put there.
#pragma once

#include <string>

#include "base/result.h"

namespace aright::driver {

/// `path`: bytes. Afterwards the file may be started by its path: nobody but root and us can change it or what the path
/// leads to. Errc::not_found; denied: through a link or a folder others can change (as for managed files), owned by
/// somebody else, changeable by others, not executable by us; invalid: not a regular file, not a plain path.
[[nodiscard]] Result<Done> check_program(const std::string& path);

/// The same, without whether it is executable by us: false also where there is none.
[[nodiscard]] bool is_safe_program(const std::string& path);

}  // namespace aright::driver
