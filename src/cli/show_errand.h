// A step that runs a program or calls a server, for people.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace aright::cli {

/// How much of what was written or answered is shown: its first lines, or all that is kept.
enum class Written : std::uint8_t { few, all };

/// `step` of a run as the API gives it, with driver `exec` or `call`.
[[nodiscard]] std::string errand_text(const Json& step, Written how);

}  // namespace aright::cli
