// What can be planned only when its turn comes, since it names what earlier steps came to; and programs that are done
// for each value of a list (docs/decisions/0084).
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "engine/core.h"
#include "workflow/about.h"
#include "workflow/call_plan.h"
#include "workflow/program_plan.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

bool has_nothing_left(const RunStep& s) {
  return s.is_over() || (s.state == StepState::planned && !s.changes && !s.steers());
}

/// Of the steps before it all are over that can be named: what stands between asks, waits or says something.
bool knows_its_steps(const Run& r, const Workflow& w, std::size_t step) {
  if (step > r.steps.size()) return false;
  for (std::size_t i = 0; i < step; ++i) {
    if (!w.steps.at(i).name.empty() && !has_nothing_left(r.steps[i])) return false;
  }
  return true;
}

}  // namespace

/// All steps before it are over.
bool Core::is_its_turn(const Run& r, std::size_t step) const {
  return step <= r.steps.size() && std::ranges::all_of(std::span(r.steps).first(step), has_nothing_left);
}

bool Core::is_open(const Run& r, std::size_t step, const Ways& ways) const {
  const Step& s = workflow_of(r)->steps.at(step);
  if (!s.is_errand()) return false;
  if (s.arm && s.arm->item && !ways.contains(s.arm->of)) return true;
  const bool names = s.exec() != nullptr ? workflow::names_steps(*s.exec()) : workflow::names_steps(*s.call());
  return names && !knows_its_steps(r, *workflow_of(r), step);
}

SealedPlan open_plan(std::size_t step) {
  SealedPlan sealed;
  sealed.state = StepState::open;
  sealed.mac = sha256({"flow ", std::to_string(step), " open"});
  return sealed;
}

void note_way(const Step& step, const RunStep& recorded, std::size_t index, CoreParts::Ways& ways) {
  if (step.branch() != nullptr) ways[index] = recorded.outcome == "else" ? 1 : 0;
  if (step.for_each() == nullptr) return;
  const auto list = parse_json(recorded.outcome);
  ways[index] = list && list->is_array() ? list->size() : 0;
}

/// Null: it is for none.
Json Core::value_for(const Run& r, std::size_t step) const {
  const auto& arm = workflow_of(r)->steps.at(step).arm;
  if (!arm || !arm->item) return {};
  Json list;
  const Active& active = active_.at(r.id);
  if (const auto planned = active.lists.find(arm->of); planned != active.lists.end()) {
    list = planned->second;
  } else if (arm->of < r.steps.size()) {
    list = parse_json(r.steps[arm->of].outcome).value_or(Json());
  }
  return list.is_array() && *arm->item < list.size() ? list.at(*arm->item) : Json();
}

/// An empty list is inconclusive, and one that is too long is not cut off: a person decides about both.
std::optional<SealedPlan> Core::plan_for_each(const Run& r, std::size_t step, Ways& ways) {
  const Step::ForEach& over = *workflow_of(r)->steps.at(step).for_each();
  const bool later = workflow::names_steps(over.list);
  if (later && !knows_its_steps(r, *workflow_of(r), step)) return open_plan(step);
  Active& active = active_.at(r.id);
  SealedPlan sealed;
  const auto list = workflow::list_values(over.list, errand_context(r, step, later));
  std::string wrong;
  if (!list) wrong = list.error().message;
  if (list && list->empty()) wrong = "it is empty, which is inconclusive";
  if (list && list->size() > over.at_most) {
    wrong = fmt::format("it has {} values, at most {} are meant", list->size(), over.at_most);
  }
  if (!wrong.empty()) {
    active.refusal = fmt::format("the list `{}` of `for_each`: {}", over.list, wrong);
    return sealed;
  }
  sealed.state = StepState::passed;
  sealed.outcome = canonical_json(*list).value_or(std::string());
  sealed.mac = sha256({"flow ", std::to_string(step), " for_each ", sealed.outcome});
  ways[step] = list->size();
  active.lists[step] = *list;
  return sealed;
}

/// A step whose turn it is can be planned now, and everything that is left with it: in mode propose a person has not
/// seen that yet.
void Core::plan_more(const Run& r, std::size_t step) {
  const std::uint64_t id = r.id;
  if (!is_its_turn(r, step)) {
    return hold(r, RunInput::foreign, "plan",
                r.steps[step].resource.text() + " cannot be planned; what was done stays until a person decides");
  }
  if (move(r, RunInput::more_known, "")) ask_plans(*run(id));
}

}  // namespace aright::engine
