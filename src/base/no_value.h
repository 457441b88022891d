// JSON that holds a place where no value can stand. Expressions take it for an error (cel/value.h); it is never
// written.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace aright {

/// `why` is what whoever reads it is told.
[[nodiscard]] Json no_value(std::string_view why);
[[nodiscard]] bool is_no_value(const Json& json);
/// Of one that `is_no_value`.
[[nodiscard]] std::string why_no_value(const Json& json);

}  // namespace aright
