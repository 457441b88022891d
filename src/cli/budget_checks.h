// Budgets of aright.yaml and of workflows, against the rest of the configuration.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::cli {

/// `budgets` of aright.yaml: a map of names to budgets. Every mistake goes to `out`.
[[nodiscard]] std::vector<SharedBudget> parse_budgets(const yaml::Node& node, Diagnostics& out);

/// A workflow's `budget: NAME` names one of them. `node`: the workflow as written; `declared`: names of budgets as
/// written, whatever is wrong with them.
void check_shared_budget(const Workflow& workflow, const yaml::Node& node,
                         const std::map<std::string, Position>& declared, Diagnostics& out);

/// A population that a control knows is that of a control on resources; and one that will never let anything go is
/// hardly meant. `at`: where the budget stands; `declared`:
/// names of controls as written, whatever is wrong with them.
void check_population(const Budget& budget, const Position& at, const std::vector<Control>& controls,
                      const std::vector<std::string>& declared, Diagnostics& out);

/// A staged budget, its own or one of `shared`, that its runs bring to a stop, since none of them can end verified, is
/// hardly meant. `node`: the workflow as written.
void warn_of_stage_that_never_ends(const Workflow& workflow, const yaml::Node& node,
                                   const std::vector<SharedBudget>& shared, Diagnostics& out);

}  // namespace aright::cli
