// Who decided about a run and which guards spoke, for the page of its evidence.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace aright::cli {

/// "root (review 7), alone, by break-glass; team web, quorum 2; changed by games": who let `run` go on, and of the
/// people who are asked how many that takes. Safe for a page.
[[nodiscard]] std::string decided_by(const Json& run, const std::vector<Json>& entries);

/// A table of what guards and people said, from the entries about one run; empty: nothing.
[[nodiscard]] std::string decisions_text(const std::vector<Json>& entries);

}  // namespace aright::cli
