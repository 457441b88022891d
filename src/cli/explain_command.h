// `aright explain`: asks the daemon, and once more where a path is written in another way than a control has it.
#pragma once

#include <string>

#include "cli/session.h"

namespace aright::cli {

/// The exit code: 0, or 1 after complaining.
[[nodiscard]] int print_explained(const Session& session, const std::string& about);

}  // namespace aright::cli
