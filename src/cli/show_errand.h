// A step that runs a program or calls a server, for people.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace aright::cli {

/// How much of what was written or answered is shown: its first lines, or all that is kept.
enum class Written : std::uint8_t { few, all };

/// Whether the plan of `step`, or of what undoes it, runs a program or calls a server.
[[nodiscard]] bool is_of_an_errand(const Json& step);

/// What it would run or ask, with the names of secrets in their places.
[[nodiscard]] std::string errand_plan_text(const Json& step);

/// `step` of a run as the API gives it, with driver `exec` or `call`.
[[nodiscard]] std::string errand_text(const Json& step, Written how);

}  // namespace aright::cli
