// The step `notify: NAME` as it stands in a workflow.
#pragma once

#include <optional>
#include <span>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// `notify`, `text`, and where they are wanted `title` and `severity`. nullopt after reporting every mistake.
/// `earlier`: steps that its texts may name.
[[nodiscard]] std::optional<Step> parse_notify(const yaml::Node& node, const DefinitionContext& context,
                                               Diagnostics& out, std::span<const Step> earlier = {});

}  // namespace aright::workflow
