// Looking on while a source brings events.
#pragma once

#include <cstdint>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Prints each event of `source` from now on as a line of JSON, until `events_max` of them (0: without end) or until
/// nobody reads; what was too fast for us is counted on standard error. Exit code: 0, or 1 after complaining.
[[nodiscard]] int tap_source(const Session& session, const std::string& source, std::uint64_t events_max);

}  // namespace aright::cli
