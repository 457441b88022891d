// `limits` of aright.yaml: how many runs may be at work at once.
#pragma once

#include "base/yaml.h"
#include "model/guards.h"

namespace aright::workflow {

/// Reports every mistake; what is not there is as `RunLimits` has it.
[[nodiscard]] RunLimits parse_limits(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::workflow
