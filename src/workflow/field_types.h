// The types of what expressions may know of our nouns.
#pragma once

#include "cel/program.h"

namespace aright::workflow {

/// Declares the type of each field that the variables `finding`, `control` and `run` of `environment` have, so that
/// what no value of it can do is a mistake when compiled. `finding.subject` is a map of `driver` and `id`.
void add_field_types(cel::Environment& environment);

}  // namespace aright::workflow
