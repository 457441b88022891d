// What the entry of a definition says beside its name and hash: for how long what its guards count counts.
#pragma once

#include "model/fields.h"
#include "model/workflow.h"

namespace aright::engine {

/// `window_ms` of its admissions; `endings_ms`, `budget_ms` and `openings` where a guard asks about them.
[[nodiscard]] Fields fields_of(const Workflow& workflow);
[[nodiscard]] Fields fields_of(const SharedBudget& budget);

}  // namespace aright::engine
