// Diagnostics as programs want them.
#pragma once

#include "base/diagnostic.h"
#include "base/json.h"

namespace aright::cli {

/// A list of objects: severity ("error", "warning"), file, line, column, message, hint; the first `shown_max` only.
[[nodiscard]] Json as_json(const Diagnostics& diagnostics, std::size_t shown_max = static_cast<std::size_t>(-1));
/// One of that list. What is missing counts as empty.
[[nodiscard]] Diagnostic diagnostic_of(const Json& doc);

}  // namespace aright::cli
