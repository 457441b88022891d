// One line of a search map → Item.
#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

/// `key: value` of a search map. nullopt after reporting every mistake in it to `out`. Pure.
[[nodiscard]] std::optional<Item> read_item(const yaml::Pair& pair, Diagnostics& out);
/// A keyword that stands alone: looked for inside any value of the event.
[[nodiscard]] std::optional<Item> read_keyword(const yaml::Node& value, Diagnostics& out);

}  // namespace aright::detect::sigma
