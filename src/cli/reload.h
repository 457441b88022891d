// `aright reload`: what the running daemon says of its configuration folder.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/json.h"
#include "cli/session.h"

namespace aright::cli {

/// Asks, prints what changed (stdout) and the diagnostics (stderr; in JSON and YAML they are part of the answer). 0, or
/// 1 when it was refused or could not be asked.
int reload(const Session& session);

/// Diagnostics as programs want them: objects with severity ("error", "warning"), file, line, column, message and hint;
/// the first `shown_max` only.
[[nodiscard]] Json as_json(const Diagnostics& diagnostics, std::size_t shown_max = static_cast<std::size_t>(-1));
/// One of that list. What is missing counts as empty.
[[nodiscard]] Diagnostic diagnostic_of(const Json& doc);

/// The diagnostics in the daemon's answer as a terminal may show them, one line each.
[[nodiscard]] std::vector<std::string> diagnostic_lines(const Json& answer);

}  // namespace aright::cli
