// `guards:` of a workflow.
#pragma once

#include "base/yaml.h"
#include "model/guards.h"

namespace aright::workflow {

/// Every mistake goes to `out`; what is returned counts only without one.
[[nodiscard]] Guards parse_guards(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::workflow
