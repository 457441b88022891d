// A YAML tree as JSON.
#pragma once

#include "base/json.h"
#include "base/yaml.h"

namespace aright::yaml {

/// The same values by the core schema: text, numbers, true and false, nothing, lists and maps. A number that JSON does
/// not know (`.inf`, `0x10`) is reported to `out`, and null in its place.
[[nodiscard]] Json json_of(const Node& node, Diagnostics& out);

}  // namespace aright::yaml
