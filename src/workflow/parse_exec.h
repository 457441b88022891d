// The step `exec` as it stands in YAML.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"
#include "workflow/errand_texts.h"

namespace aright::workflow {

/// Parses the step `node`, which has a field `exec`, whose texts may name `names`. nullopt after reporting every
/// mistake where it stands.
[[nodiscard]] std::optional<Step> parse_exec(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out,
                                             const cel::Environment& names = errand_environment());

}  // namespace aright::workflow
