// `retention:` in aright.yaml.
#pragma once

#include "base/yaml.h"
#include "model/retention.h"

namespace aright::workflow {

/// What is not said stays as it is without the key. Every mistake goes into `out`.
[[nodiscard]] Retention parse_retention(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::workflow
