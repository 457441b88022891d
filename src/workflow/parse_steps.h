// The steps of a workflow as written in YAML: laid out in a row, those of branches behind their branch.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Reports every mistake where it stands; then what is returned is of no use. At most `steps_max` steps in all,
/// branches within each other to a depth of 4.
[[nodiscard]] std::vector<Step> parse_steps(const yaml::Node& list, const DefinitionContext& context, Diagnostics& out);

/// The steps of `finally`: 1 to 8 programs, behind `steps`.
void parse_finally(const yaml::Node& list, const DefinitionContext& context, std::vector<Step>& steps,
                   Diagnostics& out);

/// Where each of `parse_steps(list)` is written, in its order: the place of a step with a `when` counts twice. Up to
/// the first step with `for_each`, which counts once for each value that there may be.
[[nodiscard]] std::vector<const yaml::Node*> step_nodes(const yaml::Node& list);

}  // namespace aright::workflow
