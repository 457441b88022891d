// Field `output` of a step: what its program or server writes for the steps after it.
#pragma once

#include <string_view>

#include "base/yaml.h"
#include "model/step_output.h"

namespace aright::workflow {

/// Empty where there is none, or after a mistake. `where`: on what the fields stand, for the hint: "standard output".
/// Every mistake goes to `out`.
[[nodiscard]] OutputShape parse_output(yaml::Fields& step, std::string_view where, Diagnostics& out);

}  // namespace aright::workflow
