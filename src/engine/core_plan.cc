// From pending to a decision: locks and plans of all steps.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "detect/fill.h"
#include "engine/core.h"
#include "engine/event_findings.h"
#include "engine/reviewing.h"
#include "guard/guard.h"
#include "workflow/about.h"

namespace aright::engine {

using workflow::RunInput;

namespace {
constexpr std::size_t entry_difference_max = 2048;  ///< bytes of a difference kept in an entry (which holds 4 KiB)

ResourceId subject_of(const Run& r) { return subject_parts(r.subject); }
/// What a step has done before a person let its run go on; nullptr: nothing that is known to be there.
std::shared_ptr<const Plan> made_by(const RunStep& step, Plan& plan) {
  return step.made() ? std::make_shared<const Plan>(std::move(plan)) : nullptr;
}

/// When Aright had what it answers. One that answers the same finding once more did not begin when that opened.
WallTime began(const Run& r, const Projection& projection) {
  const auto finding = projection.findings().find(r.finding);
  if (r.retries != 0 || finding == projection.findings().end()) return r.created_at;
  return std::min(finding->second.opened_at, r.created_at);
}

/// Of a run that ends well: as its entry says.
KeyFigures::Success success_of(const Fields& entry) {
  if (entry.find("changed_nothing") != nullptr) return KeyFigures::Success::changed_nothing;
  return entry.find("unverified") == nullptr ? KeyFigures::Success::verified : KeyFigures::Success::unverified;
}

}  // namespace

bool Core::move(const Run& r, RunInput input, const std::string& reason, Fields more) {
  const auto to = workflow::next(r.state, input);
  if (!to) {
    ++figures_.late_messages;
    return false;
  }
  const std::uint64_t id = r.id;  // the projection drops the row when the run ends
  Reviewing(*this).drop_yeses(id);
  const std::string subject = r.subject;
  const std::string about = r.control + " " + r.subject;
  const Proof proof = guarding_.proof_of(r);
  const bool undoes = r.undo.has_value();
  const std::uint64_t waiver = UndoRuns::waiver_to_end(r, *to);
  const Json* review = more.find("review");
  const std::uint64_t asked = review == nullptr ? 0 : review->get<std::uint64_t>();
  const std::string why = *to == RunState::held && asked != 0 ? reason + Reviewing(*this).old_rest(r) : reason;
  more["run"] = id;
  more["from"] = name(r.state);
  more["input"] = workflow::name(input);
  more["reason"] = line(why);
  tell_move(r, *to, why);
  if (asked != 0) Reviewing(*this).name_people(r, more);
  if (asked != 0) Reviewing(*this).keep_rungs(r, more);
  if (asked != 0 && r.review == 0 && !undoes) figures_.keys->held(r.workflow);
  if (is_final(*to) && !undoes) figures_.keys->ended(r, *to, success_of(more), began(r, projection_), now_.wall);
  const UndoSource* undone_run = *to == RunState::succeeded && undoes ? undo_runs_.source(id) : nullptr;
  if (undone_run != nullptr) figures_.keys->undone(undone_run->run, r.undo->redo);
  if (is_final(*to) && *to != RunState::succeeded) remember_left(r, input == RunInput::plan_failed);
  const bool back = *to == RunState::rolled_back || *to == RunState::rollback_failed;
  if (back && !r.refused.empty()) more["refused_as"] = name(Reviewing::refused_as(r));
  const std::string also = is_final(*to) && !undoes ? Reviewing(*this).answers_too(r, *to) : std::string();
  if (!also.empty()) more["answers"] = also;
  if (*to == RunState::rollback_failed) more["about"] = left_.at(r.workflow + " " + r.subject).state;
  const std::optional<Finding> was = is_final(*to) ? r.finding_was : std::nullopt;
  record(fmt::format("run.{}", name(*to)), std::move(more));
  if (was) EventFindings(*this).forget_evidence(*was);
  if (asked != 0) Reviewing(*this).opened(asked);
  if (is_final(*to)) {
    own_changes_.learn(projection_.ended());
    ++figures_.runs[std::string(name(*to))];
    ended(id);
    closed_subjects_.closed(about, now_.boot);  // where it is: nothing is at work about it now
    ended_on_.insert(subject);
  } else if (*to == RunState::held || *to == RunState::unknown) {
    rests(id);
    unlock(id);
  }
  if (*to == RunState::planning) {
    claim(*run(id));
  } else {
    // It takes no place; or it took the last of all, and nobody has to wait any more.
    for (const std::string& queue : queues_.release(id)) call_next(queue);
  }
  if (is_final(*to) || *to == RunState::unknown) proved(proof, *to);
  if (is_final(*to) && undoes) undo_runs_.closed(id, waiver);
  return true;
}

/// A person decides: what it has made is remembered, for when it goes on.
void Core::rests(std::uint64_t id) {
  const auto active = active_.find(id);
  if (active == active_.end()) return;
  const bool goes_on = made_something(*run(id));
  std::vector<Plan> plans = std::move(active->second.plans);
  active_.erase(active);
  if (goes_on) active_[id].plans = std::move(plans);
}

void Core::ended(std::uint64_t id) {
  active_.erase(id);
  backlog_.remove(id);
  wait_due_.erase(id);
  waited_.erase(id);
  outputs_.erase(id);
  waits_.erase(id);
  unlock(id);
}

void Core::hold(const Run& r, RunInput input, const std::string& guard, const std::string& reason, Fields more) {
  const Workflow* w = workflow_of(r);
  const Nanos within = w == nullptr ? Nanos{std::chrono::hours{24}} : w->review_within;
  ++figures_.verdicts[guard + " hold"];
  more.add({{"review", projection_.next_review()}, {"guard", guard}, {"expires_at", rfc3339(now_.wall + within)}});
  if (input == RunInput::foreign) more["about"] = "";  // not what was planned on: a no is about what is read then
  const bool said = guard == name(RunState::unknown);  // its state is the same word
  move(r, input, said ? reason : fmt::format("{}: {}", guard, reason), std::move(more));
}

/// Before its next effect, with the plan that a person would approve.
void Core::hold_with_plan(const Run& r, const Workflow& w, const std::string& guard, const std::string& reason) {
  ++figures_.verdicts[guard + " hold"];
  Fields more = planned_on(r);
  more.add(
      {{"review", projection_.next_review()}, {"guard", guard}, {"expires_at", rfc3339(now_.wall + w.review_within)}});
  move(r, RunInput::hold, fmt::format("{}: {}", guard, reason), std::move(more));
}

void Core::ask_plans(const Run& r) {
  if (r.undo) return undo_runs_.ask_plan(r);
  const auto wanted = targets(r);
  Active& active = active_[r.id];
  std::vector<Plan> earlier = std::move(active.plans);
  if (earlier.size() != r.steps.size() || earlier.size() != wanted.size()) earlier.clear();
  std::vector<AskedYes> yeses = std::move(active.yeses);
  active = Active{};
  active.yeses = std::move(yeses);
  if (made_something(r)) active.earlier = earlier;
  active.replies.resize(wanted.size());
  active.missing = wanted.size();
  active.asked = projection_.entries();
  const Workflow* w = workflow_of(r);
  Ways ways;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (auto known = plan_without_asking(r, i, ways)) {
      if (known->kept && i < earlier.size()) known->plan = std::move(earlier[i]);
      active.replies[i] = std::move(*known);
      --active.missing;
      continue;
    }
    auto made = i < earlier.size() ? made_by(r.steps[i], earlier[i]) : nullptr;
    if (const Step::Exec* exec = w->steps[i].exec()) {
      ask_errand_plan(r, static_cast<std::uint32_t>(i), *exec, std::move(made));
      continue;
    }
    if (const Step::Call* call = w->steps[i].call()) {
      ask_errand_plan(r, static_cast<std::uint32_t>(i), *call, std::move(made));
      continue;
    }
    out_.work.emplace_back(DoPlan{r.id, static_cast<std::uint32_t>(i), r.plans, wanted[i].resource, *wanted[i].desired,
                                  fill_context(r, i, *wanted[i].desired), std::move(made)});
  }
  if (active.missing == 0) decide(r.id);
}

/// Without what a plan does not need: most states have nothing to fill in.
FillContext Core::fill_context(const Run& r, std::size_t step, const Desired& desired) const {
  if (!detect::has_texts(desired.fields)) return {};
  if (workflow_of(r)->steps.at(step).cures()) return control_context(subject_of(r));
  FillContext context{{{"run", {{"id", r.id}, {"workflow", r.workflow}}}}, {}, true};
  if (r.finding_was || projection_.findings().contains(r.finding)) {
    const Finding& finding = finding_of(r);
    Json about = workflow::about(finding);
    context.withheld = workflow::withhold_outsiders(about, finding.subject_typed);
    context.values["finding"] = std::move(about);
  }
  if (const Control* control = control_of(r)) context.values["control"] = workflow::about(*control);
  return context;
}

void Core::on(PlanDone& done) {
  const Run* r = run(done.run);
  const auto found = active_.find(done.run);
  const bool compares = found != active_.end() && !found->second.yeses.empty();
  if (draining_ && !compares) return;  // planned anew after the start
  if (r == nullptr || (r->state != RunState::planning && !compares) || r->plans != done.attempt ||
      found == active_.end() || done.step >= found->second.replies.size() || found->second.replies[done.step]) {
    ++figures_.late_messages;
    return;
  }
  Active& active = found->second;
  if (active.touches.empty()) active.touches = done.touches;
  if (done.plan) {
    active.replies[done.step] = std::move(*done.plan);
  } else {
    if (done.for_good && active.refusal.empty()) active.refusal = done.plan.error().message;
    active.errors.push_back(done.plan.error().message);
    active.replies[done.step].emplace();
  }
  if (--active.missing == 0) decide(done.run);
}

std::string Core::plan_hash(const Run& r, const Active& active) const {
  std::string all = r.version;
  for (const auto& reply : active.replies) all += as_text(reply->mac);
  return hex(sha256(all));
}

void Core::record_plan(const Run& r, Active& active) {
  active.plans.clear();
  active.earlier.clear();
  active.about.clear();
  const auto wanted = targets(r);
  const Workflow* w = workflow_of(r);
  const bool staged = w != nullptr && w->is_staged();
  for (std::size_t i = 0; i < active.replies.size(); ++i) {
    SealedPlan& sealed = *active.replies[i];
    if (sealed.made || sealed.kept) {  // on record as it is
      active.plans.push_back(std::move(sealed.plan));
      continue;
    }
    RunStep step;
    step.resource = wanted[i].resource;
    if (step.resource.text() == r.subject) active.about = mark(r.subject, sealed.plan.before);
    step.before = sealed.before.commitment;
    step.after = sealed.after.commitment;
    step.names = sealed.plan.names;
    step.strength = sealed.plan.strength;
    step.changes = !sealed.plan.empty();
    if (staged) step.mac = hex(sealed.mac);
    step.state = sealed.state;
    step.outcome = std::move(sealed.outcome);
    if (sealed.difference.is_null()) sealed.difference = Json::array();  // it steers, or is planned later
    const auto text = canonical_json(sealed.difference);
    if (text && text->size() <= entry_difference_max) {
      step.difference = std::move(sealed.difference);
    } else {
      step.difference_omitted = sealed.difference.size();
    }
    auto doc = run_step_to_json(step);
    if (!doc) broken("every plan can be written", doc.error().message);
    record("step.planned", {{"run", r.id}, {"step", i}, {"plan", std::move(*doc)}});
    active.plans.push_back(std::move(sealed.plan));
    if (step.changes) {
      out_.blobs.push_back(std::move(sealed.before));
      out_.blobs.push_back(std::move(sealed.after));
    }
  }
}

/// What a decision about the recorded plan is bound to.
Fields Core::planned_on(const Run& r) const {
  const Active& active = active_.at(r.id);
  Fields fields{{"plan_hash", plan_hash(r, active)}};
  if (!active.about.empty() && active.about != r.about) fields["about"] = active.about;
  return fields;
}

/// Why the plans cannot be carried out; empty: they can.
std::string Core::plan_trouble(const Run& r, const Active& active) const {
  if (workflow_of(r) == nullptr) return "its definition is no longer stored";
  if (!active.errors.empty()) return active.errors.front();
  const auto all = targets(r);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const ResourceId& resource = all[i].resource;
    if (!recordable(resource)) return "the name of a resource is longer than a record can hold";
    if (is_errand(resource) || resource.driver == flow_driver) continue;
    for (std::size_t j = 0; j < i; ++j) {
      // Both would be planned on the same state, and the second would undo or miss the first.
      if (all[j].resource != resource || workflow_of(r)->exclude(j, i)) continue;
      return fmt::format("two steps are about {}: write them as one", resource.text());
    }
  }
  return {};
}

void Core::decide(std::uint64_t id) {
  const Run& r = *run(id);
  Active& active = active_.at(id);
  if (!active.yeses.empty()) return Reviewing(*this).compared(id);
  const std::string touches = protected_target(r);
  // Nothing of what was planned now is recorded; what it has made is there as it was planned then.
  const auto held = [&](const std::string& guard, const std::string& why, Fields more = {}) {
    active.plans = std::move(active.earlier);
    hold(r, RunInput::hold, guard, why, std::move(more));
  };
  if (const std::string& why = touches.empty() ? active.touches : touches; !why.empty()) {
    return held("protected", why + "; no approval lets it go while that is so: deny it or mend the configuration",
                {{"only_no", true}});
  }
  if (!active.refusal.empty()) {  // tried again it would only be refused again
    return held("plan", active.refusal + "; no approval lets it go: deny it and mend the workflow",
                {{"only_no", true}});
  }
  if (const std::string why = plan_trouble(r, active); !why.empty()) {
    if (r.continues && made_something(r)) {
      return held("plan", why + "; what was done stays until a person decides");
    }
    move(r, RunInput::plan_failed, why);
    return;
  }
  if (r.continues && made_something(r)) return decide_continued(r, *workflow_of(r));
  const Mode mode = mode_of(r);
  if (mode < Mode::propose && made_something(r)) {  // lowered since the yes
    return held("mode", fmt::format("the mode had become {}; what was done stays until a person decides", name(mode)));
  }
  if (mode < Mode::plan) {
    move(r, RunInput::cancel, fmt::format("the mode had become {}", name(mode)));
    return;
  }
  const Workflow* w = workflow_of(r);
  if (member_gone(r, active)) {
    move(r, RunInput::cancel, "it has gone from its folder");
    return;
  }
  if (nothing_to_do(r, active)) return ends_moot(r, active);
  if (r.continues) return decide_continued(r, *w);
  const Finding finding = finding_of(r);
  const Candidate it = candidate(r, *w, finding);
  const auto wait = mode == Mode::plan ? guarding_.waits(it, now_) : std::nullopt;
  if (wait) return suppress_run(r, *w, *wait);  // what it waits for has been planned since it began
  record_plan(r, active);
  decide_by_guards(r, *w);
}

}  // namespace aright::engine
