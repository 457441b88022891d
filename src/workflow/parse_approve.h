// A step `approve` as written in YAML → Step.
#pragma once

#include <optional>
#include <span>

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::workflow {

/// nullopt after reporting every mistake to `out`. `earlier`: steps that its text may name.
[[nodiscard]] std::optional<Step> parse_approve(const yaml::Node& node, Diagnostics& out,
                                                std::span<const Step> earlier = {});

/// `review_by` of a workflow or a control: 1d to 10 years.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_review_by(yaml::Fields& in);

}  // namespace aright::workflow
