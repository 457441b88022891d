// `for:` of a control or of a workflow's guards.
#pragma once

#include <chrono>
#include <optional>

#include "base/yaml.h"

namespace aright {

/// How long a finding is open before it is answered, 1s to 7d; nullopt: it is not stated, or was reported.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_hold_time(yaml::Fields& in);

}  // namespace aright
