// A step that runs a program, for people.
#pragma once

#include <string>

#include "base/json.h"

namespace aright::cli {

/// `step` of a run as the API gives it, with driver `exec`.
[[nodiscard]] std::string program_text(const Json& step);

}  // namespace aright::cli
