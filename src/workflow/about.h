// What expressions may know of our nouns.
#pragma once

#include "base/json.h"
#include "cel/program.h"
#include "model/finding.h"

namespace aright::workflow {

/// id, subject, severity, episode, occurrences, recurrence, differs; title, where an alert has one.
[[nodiscard]] Json about(const Finding& finding);
/// name, title, severity, tags.
[[nodiscard]] Json about(const Control& control);

/// What the texts of a step's own desired state may name: `resource`, the fields of the step's resource as just read;
/// `finding`, `control` and `run` (id, workflow).
[[nodiscard]] cel::Environment step_fill_environment();

}  // namespace aright::workflow
