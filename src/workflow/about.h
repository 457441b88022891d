// What expressions may know of our nouns.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cel/program.h"
#include "model/finding.h"

namespace aright::workflow {

/// id, subject {driver, id}, severity, episode, occurrences, recurrence, differs; title, where an alert has one.
[[nodiscard]] Json about(const Finding& finding);
/// Takes out of it what an outsider may have written as he liked: the title, which is another tool's, and the subject
/// where it is not typed. Their names.
std::vector<std::string> withhold_outsiders(Json& finding, bool subject_typed);
/// name, title, severity, tags.
[[nodiscard]] Json about(const Control& control);

/// `finding` and `control` as expressions name them, with their fields; `run` has `id`, `workflow` and `more`.
[[nodiscard]] cel::Variable finding_variable();
[[nodiscard]] cel::Variable control_variable();
[[nodiscard]] cel::Variable run_variable(std::vector<std::string> more = {});

/// What the texts of a step's own desired state may name: `resource`, the fields of the step's resource as just read;
/// `finding` without its title, `control` and `run` (id, workflow).
[[nodiscard]] cel::Environment step_fill_environment();

}  // namespace aright::workflow
