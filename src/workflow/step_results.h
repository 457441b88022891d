// What steps come to, as the expressions of later ones name it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cel/program.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Names of those among `steps` that have one, in order.
[[nodiscard]] std::vector<std::string> names_of(std::span<const Step> steps);

/// Declares below `steps`, which `environment` has, all that each named one of `earlier` can come to, with its type: of
/// a program `exit_code` and `output` as it declares it, of a call `status`, of an `ensure` `changed`. What else an
/// expression names is a mistake when compiled.
/// `texts`: output that is text may be named as well. It may be an outsider's, so it selects but is no argument.
void add_step_results(std::span<const Step> earlier, bool texts, cel::Environment& environment);

}  // namespace aright::workflow
