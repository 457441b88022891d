// The two readers behind `parse_json`: what the quick one, by simdjson, does not take is no verdict; the other reads it
// again.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/json.h"

namespace aright {

/// As `parse_json` down to `depth_max` levels, always by the reader that has the last word and the words for it.
[[nodiscard]] Result<Json> parse_strictly(std::string_view text, std::size_t depth_max);

/// The value of one JSON text, or nothing: where simdjson refuses it, a key is written twice, it is nested deeper than
/// `depth_max`, or it is longer than is worth the room. Any thread.
[[nodiscard]] std::optional<Json> parse_quickly(std::string_view text, std::size_t depth_max);

}  // namespace aright
