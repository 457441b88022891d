// What YAML's core schema reads as a boolean (YAML 1.2.2 §10.3.2): true, True, TRUE, false, False, FALSE.
#pragma once

#include <optional>
#include <string_view>

#include "base/yaml.h"

namespace aright::yaml {

/// What a scalar without quotes means; nullopt: no boolean. Pure.
[[nodiscard]] std::optional<bool> boolean_of(std::string_view plain);

/// nullopt: no boolean, as is one in quotes. Pure.
[[nodiscard]] std::optional<bool> boolean_of(const Node& node);

}  // namespace aright::yaml
