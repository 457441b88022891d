// The step `exec` as it stands in YAML.
#pragma once

#include <optional>
#include <span>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Parses the step `node`, which has a field `exec`, behind the steps `earlier`; with `each` it is for values of a
/// list. nullopt after reporting every mistake where it stands.
[[nodiscard]] std::optional<Step> parse_exec(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out,
                                             std::span<const Step> earlier = {}, bool each = false);

}  // namespace aright::workflow
