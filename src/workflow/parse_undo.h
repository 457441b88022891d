// What takes back what a program or a call did, as it stands in YAML (docs/decisions/0171).
#pragma once

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Reads the field `undo` of the step `node`, if it has one, into `step`: a program, a call, or `none` where nothing
/// has to be taken back. Reports every mistake where it stands.
void parse_undo(const yaml::Node& node, Step& step, const DefinitionContext& context, Diagnostics& out);

}  // namespace aright::workflow
