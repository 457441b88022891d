// What expressions may know of our nouns.
#pragma once

#include "base/json.h"
#include "model/finding.h"

namespace aright::workflow {

/// id, subject, severity, episode, occurrences, recurrence, differs.
[[nodiscard]] Json about(const Finding& finding);
/// name, title, severity, tags.
[[nodiscard]] Json about(const Control& control);

}  // namespace aright::workflow
