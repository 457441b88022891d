// Plans that there is nothing, or nothing more, to do by.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// Of a plan that does nothing.
struct LeftOut {
  std::string why;       ///< the conditions by which it leaves steps out; empty: there are none
  bool compared{false};  ///< what is left of its steps looks at what may be otherwise later
};

LeftOut left_out_by(const Workflow& w, const CoreParts::Active& active) {
  LeftOut left;
  std::string& why = left.why;
  for (std::size_t i = 0; i < active.replies.size(); ++i) {
    const SealedPlan& reply = *active.replies[i];
    const Step::Branch* branch = w.steps.at(i).branch();
    if (branch != nullptr && reply.state == StepState::passed) {
      const bool holds = reply.outcome == "then";
      why += fmt::format("{}`{}` {}", why.empty() ? "" : ", ", branch->when, holds ? "holds" : "does not hold");
    } else if (reply.state != StepState::skipped && !w.steps.at(i).at_end) {
      left.compared = true;
    }
  }
  return left;
}

}  // namespace

/// A step without a target of its own brings the finding's subject to its control's state; only then does the end of
/// the run say that the finding is over. `planned`: what is being decided about, and not yet on record.
bool Core::cures(const Run& r, const Active* planned) const {
  const Workflow* w = workflow_of(r);
  if (w == nullptr || r.undo) return false;
  for (std::size_t i = 0; i < w->steps.size(); ++i) {
    if (!w->steps[i].cures()) continue;
    const SealedPlan* reply = planned == nullptr || i >= planned->replies.size() ? nullptr : &*planned->replies[i];
    const bool anew = reply != nullptr && !reply->kept && !reply->made;
    const bool skipped =
        anew ? reply->state == StepState::skipped : i < r.steps.size() && r.steps[i].state == StepState::skipped;
    if (!skipped) return true;
  }
  return false;
}

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
  if (!r.approved_plan.empty() || w == nullptr || !cures(r, &active) || begun) return false;
  for (std::size_t i = 0; i < active.replies.size(); ++i) {
    if (w->steps[i].ensure() != nullptr && !empty(active.replies[i])) return false;
  }
  return true;
}

/// Between the reading and the plan: nothing is made again that its control would not miss.
bool Core::member_gone(const Run& r, const Active& active) const {
  const Control* c = control_of(r);
  if (c == nullptr || !cures(r, &active)) return false;
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
  if (!cures(r, &active) || !same || judge == judges_.end() || !judge->second) return {};
  for (const auto& reply : active.replies) {
    const auto step = static_cast<std::size_t>(&reply - active.replies.data());
    if (reply->kept || reply->state != StepState::planned || !workflow_of(r)->steps[step].cures()) continue;
    const auto differs = judge->second->differs(subject_parts(r.subject), reply->plan.before);
    if (differs && !differs->empty()) return fmt::to_string(fmt::join(*differs, ", "));
  }
  return {};
}

/// There is nothing to do, and so it ends: its subject is as desired, or nothing was wanted of it.
void Core::ends_moot(const Run& r, Active& active) {
  if (std::ranges::any_of(active.replies, [](const auto& reply) { return reply->made; })) {
    record_plan(r, active);  // that nothing is left of the other steps
    const std::string why = "what it had made is still there, and the rest is as desired already";
    if (!at_end_left(*run(r.id))) return succeed(*run(r.id), why);
    const std::uint64_t id = r.id;
    if (move(*run(id), RunInput::go_on, why, planned_on(*run(id)))) advance(id);
    return;
  }
  if (const std::string still = found_still(r, active); !still.empty()) {
    const std::string disagrees = fmt::format(
        "control {} and its plan disagree: it differs ({}), and there is nothing to change", r.control, still);
    if (mode_of(r) == Mode::plan) {  // there nobody could answer a question
      record_plan(r, active);
      move(r, RunInput::plan_ready, "would be held: plan: " + disagrees, planned_on(r));
      return;
    }
    active.plans = std::move(active.earlier);
    return hold(r, RunInput::hold, "plan",
                disagrees + "; no approval lets it go: deny it and mend what the control desires there",
                {{"only_no", true}});
  }
  const Workflow* w = workflow_of(r);
  const bool cured = cures(r, &active);
  const auto now = hashes_.find("control " + r.control);
  if (cured && (now == hashes_.end() || now->second != r.control_hash)) {
    // What its own version wanted says nothing of what the new one wants: that is answered anew.
    const std::string key = r.workflow + " " + r.subject;
    Fields more;
    if (!r.asked) more["lapsed"] = true;
    if (move(r, RunInput::nothing_to_do, fmt::format("control {} has changed since it began", r.control),
             std::move(more))) {
      left_[key].news = true;
    }
    return;
  }
  const LeftOut left = w == nullptr || cured ? LeftOut{} : left_out_by(*w, active);
  if (!left.why.empty() && left.compared) {
    move(r, RunInput::nothing_to_do, "what is left of its steps is as desired already: " + left.why);
    return;
  }
  if (!left.why.empty()) {
    Fields more{{"left_out", true}};
    const auto finding = projection_.findings().find(r.finding);
    if (finding != projection_.findings().end()) more["about"] = about_occurrence(finding->second.occurrences);
    move(r, RunInput::nothing_to_do, "none of its steps is to be done: " + left.why, std::move(more));
    return;
  }
  const std::string finding = cured ? r.finding : std::string();
  move(r, RunInput::nothing_to_do, "already as desired");
  if (projection_.findings().contains(finding)) resolve(finding, "read clean");
}

}  // namespace aright::engine
