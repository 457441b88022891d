// A step `approve` as written in YAML → Step.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::workflow {

/// nullopt after reporting every mistake to `out`.
[[nodiscard]] std::optional<Step> parse_approve(const yaml::Node& node, Diagnostics& out);

/// `review_by` of a workflow or a control: 1d to 10 years.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_review_by(yaml::Fields& in);

}  // namespace aright::workflow
