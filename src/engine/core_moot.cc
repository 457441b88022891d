// Plans that there is nothing, or nothing more, to do by.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

/// What the run has done is done. Errands follow a change: where the resource is as desired already, there is nothing
/// for them to follow, unless a person wants the rest done.
bool Core::nothing_to_do(const Run& r, const Active& active) const {
  const Workflow* w = workflow_of(r);
  const auto empty = [&](const auto& reply) {
    const auto step = static_cast<std::size_t>(&reply - active.replies.data());
    const bool tells = w != nullptr && w->steps[step].notify() != nullptr && reply->state == StepState::planned;
    return reply->made || reply->kept || (reply->plan.empty() && reply->state != StepState::open && !tells);
  };
  const bool begun = made_something(r);  // then its end is still to be done
  bool all = true;
  for (std::size_t i = 0; i < active.replies.size(); ++i) {
    all = all && ((is_at_end(r, i) && !begun) || empty(active.replies[i]));
  }
  if (all) return true;
  if (!r.approved_plan.empty() || w == nullptr || !cures(r) || begun) return false;
  for (std::size_t i = 0; i < active.replies.size(); ++i) {
    if (w->steps[i].ensure() != nullptr && !empty(active.replies[i])) return false;
  }
  return true;
}

/// Between the reading and the plan: nothing is made again that its control would not miss.
bool Core::member_gone(const Run& r, const Active& active) const {
  const Control* c = control_of(r);
  if (c == nullptr || !cures(r)) return false;
  for (const auto& reply : active.replies) {
    const auto step = static_cast<std::size_t>(&reply - active.replies.data());
    if (reply->kept || reply->state != StepState::planned) continue;
    if (workflow_of(r)->steps[step].cures() && has_gone(*c, subject_parts(r.subject), reply->plan.before)) return true;
  }
  return false;
}

/// What the control finds in the very state that the plan leaves as it is; empty: nothing. Such as a number as owner
/// that has got a name since: read again it would be found again, for ever.
std::string Core::found_still(const Run& r, const Active& active) const {
  const auto judge = judges_.find(r.control);
  const auto now = hashes_.find("control " + r.control);
  const bool same = now != hashes_.end() && now->second == r.control_hash;  // another version may find something else
  if (!cures(r) || !same || judge == judges_.end() || !judge->second) return {};
  for (const auto& reply : active.replies) {
    const auto step = static_cast<std::size_t>(&reply - active.replies.data());
    if (reply->kept || reply->state != StepState::planned || !workflow_of(r)->steps[step].cures()) continue;
    const auto differs = judge->second->differs(subject_parts(r.subject), reply->plan.before);
    if (differs && !differs->empty()) return fmt::to_string(fmt::join(*differs, ", "));
  }
  return {};
}

/// A person's question, but in mode plan: there nobody could answer it.
void Core::disagrees(const Run& r, Active& active, const std::string& still) {
  const std::string why = fmt::format(
      "control {} and its plan disagree: it differs ({}), and there is nothing to change", r.control, still);
  if (mode_of(r) == Mode::plan) {
    record_plan(r, active);
    move(r, workflow::RunInput::plan_ready, "would be held: plan: " + why, planned_on(r));
    return;
  }
  active.plans = std::move(active.earlier);
  hold(r, workflow::RunInput::hold, "plan",
       why + "; no approval lets it go: deny it and mend what the control desires there", {{"only_no", true}});
}

}  // namespace aright::engine
