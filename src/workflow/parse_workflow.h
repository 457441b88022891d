// A workflow as written in YAML → Workflow.
#pragma once

#include <optional>
#include <span>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// nullopt after reporting every mistake to `out`.
[[nodiscard]] std::optional<Workflow> parse_workflow(const yaml::Node& node, const DefinitionContext& context,
                                                     Diagnostics& out);

/// What is written in `answers:`, one by one; what stands there alone is a list of one. Refers to `answers`; empty: it
/// is written otherwise.
[[nodiscard]] std::span<const yaml::Node> answer_nodes(const yaml::Node& answers);

}  // namespace aright::workflow
