#include "cli/budget_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/definition_context.h"
#include "workflow/parse_budget.h"

namespace aright::cli {

std::vector<SharedBudget> parse_budgets(const yaml::Node& node, Diagnostics& out) {
  std::vector<SharedBudget> budgets;
  if (node.kind != yaml::Node::Kind::map) {
    out.push_back({Severity::error, node.at, fmt::format("`budgets` must be a map, not {}", node.describe()),
                   "NAME: { subjects: 20, within: 10m }"});
    return budgets;
  }
  for (const yaml::Pair& pair : node.pairs) {
    const bool named = check_name(pair.key, pair.key_at, out);
    auto budget = workflow::parse_budget(pair.value, out);
    if (named && budget) budgets.push_back({pair.key, std::move(*budget)});
  }
  return budgets;
}

void check_shared_budget(const Workflow& workflow, const yaml::Node& node, const std::vector<SharedBudget>& budgets,
                         Diagnostics& out) {
  const std::string* name = workflow.guards.shared_budget();
  if (name == nullptr || std::ranges::find(budgets, *name, &SharedBudget::name) != budgets.end()) return;
  std::vector<std::string> known;
  known.reserve(budgets.size());
  for (const SharedBudget& one : budgets) known.push_back(one.name);
  out.push_back({Severity::error, node.find("guards")->find("budget")->at,
                 fmt::format("there is no budget `{}`", *name),
                 known.empty() ? "budgets that several workflows share stand in aright.yaml, under `budgets:`"
                               : suggest(*name, known, "budgets")});
}

void check_population(const decltype(Budget::population)& population, const Position& at,
                      const std::vector<Control>& controls, const std::vector<std::string>& declared,
                      Diagnostics& out) {
  const auto* name = population ? std::get_if<std::string>(&*population) : nullptr;
  if (name == nullptr) return;
  const auto control = std::ranges::find(controls, *name, &Control::name);
  if (control != controls.end() && !control->on_events()) return;
  // One with a mistake in it is there all the same.
  if (control == controls.end() && std::ranges::find(declared, *name) != declared.end()) return;
  std::vector<std::string> known;
  for (const Control& one : controls) {
    if (!one.on_events()) known.push_back(one.name);
  }
  out.push_back({Severity::error, at,
                 control == controls.end()
                     ? fmt::format("the population of the budget is that of control `{}`, and there is none", *name)
                     : fmt::format("control `{}` finds in events, so nobody knows how many it looks at", *name),
                 control == controls.end() ? suggest(*name, known, "controls") : "give the population as a number"});
}

}  // namespace aright::cli
