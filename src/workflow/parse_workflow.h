// A workflow as written in YAML → Workflow.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// nullopt after reporting every mistake to `out`.
[[nodiscard]] std::optional<Workflow> parse_workflow(const yaml::Node& node, const DefinitionContext& context,
                                                     Diagnostics& out);

}  // namespace aright::workflow
