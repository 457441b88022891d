// What no workflow may change.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "model/control.h"
#include "model/workflow.h"

namespace aright::cli {

/// Reports each step with a resource of its own that no workflow may change. `node`: the workflow as it is written.
void check_untouchable(const Workflow& workflow, const yaml::Node& node,
                       const std::vector<std::string>& protected_paths, Diagnostics& out);

/// The same of what an answered control selects: it names what a workflow changes, as much as a step does. `node`: the
/// control as it is written; that of an alert or a rule selects nothing.
void check_untouchable(const Control& control, const yaml::Node& node, const std::vector<std::string>& protected_paths,
                       Diagnostics& out);

}  // namespace aright::cli
