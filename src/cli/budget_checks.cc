#include "cli/budget_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

void check_shared_budget(const Workflow& workflow, const yaml::Node& node,
                         const std::map<std::string, Position>& declared, Diagnostics& out) {
  const std::string* name = workflow.guards.shared_budget();
  if (name == nullptr || declared.contains(*name)) return;
  std::vector<std::string> known;
  known.reserve(declared.size());
  for (const auto& [one, at] : declared) known.push_back(one);
  out.push_back({Severity::error, node.find("guards")->find("budget")->at,
                 fmt::format("there is no budget `{}`", *name),
                 known.empty() ? "budgets that several workflows share stand in aright.yaml, under `budgets:`"
                               : suggest(*name, known, "budgets")});
}

namespace {

/// As far as the files say: what is in folders is seen when they are listed.
std::optional<std::uint64_t> known_population(const Budget& budget, const std::vector<Control>& controls) {
  if (!budget.population) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(&*budget.population)) return *number;
  const auto control = std::ranges::find(controls, std::get<std::string>(*budget.population), &Control::name);
  if (control == controls.end() || !control->select.within.empty()) return std::nullopt;
  return control->select.ids.size();
}

void warn_of_nothing(const Budget& budget, const Position& at, const std::vector<Control>& controls, Diagnostics& out) {
  const auto population = known_population(budget, controls);
  if (!population) return;
  const std::uint64_t part = budget.percent ? *population * *budget.percent / 100 : *population;
  if (part != 0) return;
  out.push_back({Severity::warning, at,
                 *population == 0 ? std::string("the budget lets nothing go: its population is empty")
                                  : fmt::format("the budget lets nothing go: {} % of {}, rounded down, is 0",
                                                *budget.percent, *population),
                 "every run is held for a person, for ever"});
}

}  // namespace

void check_population(const Budget& budget, const Position& at, const std::vector<Control>& controls,
                      const std::vector<std::string>& declared, Diagnostics& out) {
  const auto& population = budget.population;
  const auto* name = population ? std::get_if<std::string>(&*population) : nullptr;
  const auto control = name == nullptr ? controls.end() : std::ranges::find(controls, *name, &Control::name);
  if (name == nullptr || (control != controls.end() && !control->on_events())) {
    return warn_of_nothing(budget, at, controls, out);
  }
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

namespace {

/// Whatever branches decide. Of a list there is one value at least.
bool always_done(const std::vector<Step>& steps, std::size_t step) {
  for (auto arm = steps[step].arm; arm; arm = steps[arm->of].arm) {
    if (arm->item != std::size_t{0}) return false;
  }
  return true;
}

/// What a run of it always does and nothing confirms; empty: nothing. A program of `finally` may fail, and the run end
/// verified.
std::string never_confirmed(const Workflow& workflow) {
  const std::vector<Step>& steps = workflow.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step::Exec* exec = steps[i].exec();
    const Step::Call* call = steps[i].call();
    if (steps[i].at_end || !always_done(steps, i)) continue;
    if (exec != nullptr && !exec->confirm && !exec->program.arguments.empty()) return exec->program.arguments.front();
    if (call != nullptr && !call->confirm) return call->message.method + " " + origin_of(call->message.url);
  }
  return {};
}

}  // namespace

void warn_of_stage_that_never_ends(const Workflow& workflow, const yaml::Node& node,
                                   const std::vector<SharedBudget>& shared, Diagnostics& out) {
  const Budget* budget = workflow.guards.own_budget();
  const std::string* name = workflow.guards.shared_budget();
  if (name != nullptr) {
    const auto found = std::ranges::find(shared, *name, &SharedBudget::name);
    if (found != shared.end()) budget = &found->budget;
  }
  if (budget == nullptr || !budget->staged || budget->subjects == std::uint64_t{1}) return;
  const std::string what = never_confirmed(workflow);
  if (what.empty()) return;
  std::string says = fmt::format(
      "the staged budget stops at its first subject: no run of workflow `{}` can end verified", workflow.name);
  if (name != nullptr) {
    says = fmt::format("the staged budget `{}` stops at each run of workflow `{}`: none can end verified", *name,
                       workflow.name);
  }
  out.push_back(
      {Severity::warning, node.find("guards")->find("budget")->at,
       fmt::format("{}, since nothing confirms what {} does", says, what),
       fmt::format("give that step a `confirm:`, or leave `staged` out; as it is, what comes next within {} is "
                   "held for a person",
                   format_duration(budget->within))});
}

}  // namespace aright::cli
