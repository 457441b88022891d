// What changed between two texts, as few lines as can be said. Pure.
#pragma once

#include <string_view>

#include "base/json.h"

namespace aright {

/// RFC 6902 operations, in order, that make the list of texts at `path` from `before` into `after` (both lists): a line
/// that was put in or taken out is one "add" or "remove", wherever it stands. Where more than 512 lines in a row
/// differ, they are compared place by place.
[[nodiscard]] Json line_difference(std::string_view path, const Json& before, const Json& after);

}  // namespace aright
