// A step `wait` as written in YAML.
#pragma once

#include <optional>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Reports every mistake where it stands; nullopt when there is one. A wait lasts 1 s to 30 days.
[[nodiscard]] std::optional<Step> parse_wait(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::workflow
