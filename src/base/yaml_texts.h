// Lists of texts whose items each have their place.
#pragma once

#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace aright::yaml {

/// As `Fields::texts`, but what is text comes where another item is none (which is reported), and with its place.
/// Empty: the key is absent, too.
[[nodiscard]] std::vector<const Node*> text_items(Fields& in, std::string_view key);

/// Where `text` stands in `list`, or in its place; `otherwise` where it does not or there is no list.
[[nodiscard]] Position place_in_list(const Node* list, std::string_view text, const Position& otherwise);

}  // namespace aright::yaml
