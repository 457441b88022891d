// What guards are asked about, and the decision that rests on them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/core.h"
#include "engine/growing_old.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

Candidate Core::candidate(const Finding& finding, const Control& control, const Workflow& w) const {
  Candidate made{w,
                 hashes_.at("workflow " + w.name),
                 finding,
                 control,
                 hashes_.at("control " + control.name),
                 evidence_of(finding),
                 mode_for(finding, w)};
  if (made.mode > Mode::plan) made.claimed = queues_.claimed(guarding_.stage_queue(w), finding.severity);
  return made;
}

/// `w` is of the version the run began with.
Candidate Core::candidate(const Run& r, const Workflow& w, const Finding& finding) const {
  return {w,          r.version, finding,       *control_of(r), r.control_hash, evidence_of(finding),
          mode_of(r), r.id,      r.admissions()};
}

/// As it is; of one that is over or is told by another event now, what the run says of it.
Finding Core::finding_of(const Run& r) const {
  if (r.finding_was) return *r.finding_was;
  const auto known = projection_.findings().find(r.finding);
  if (known != projection_.findings().end()) return known->second;
  Finding finding;
  finding.id = r.finding;
  finding.control = r.control;
  finding.control_hash = r.control_hash;
  finding.subject = r.subject;
  finding.severity = r.severity;
  finding.causes = r.causes;
  return finding;
}

/// Opens or closes the breaker of its workflow, and lets those go on that wait for the end of a stage.
void Core::proved(const Proof& proof, RunState ended) {
  const auto of = std::ranges::find(config_.workflows, proof.workflow, &Workflow::name);
  if (of != config_.workflows.end()) call_next(guarding_.stage_queue(*of));
  const auto turn = guarding_.turn(proof, ended, now_);
  if (!turn) return;
  tell(turn->opens,
       fmt::format("the breaker of {} is {}: {}", proof.workflow, turn->opens ? "open" : "closed", turn->why));
  record(turn->opens ? "breaker.opened" : "breaker.closed",
         {{"workflow", proof.workflow}, {"run", proof.run}, {"reason", line(turn->why)}});
}

/// Until it is decided about, it has a place of the stage that has begun, and is the one whom the cool-down lets go: no
/// more runs are made than may go on.
void Core::claim(const Run& r) {
  const Workflow* w = workflow_of(r);
  if (w == nullptr || r.undo || r.admissions() != 0) return;
  const bool places = mode_of(r) > Mode::plan;  // a plan takes none
  for (const std::string& queue : {guarding_.cool_down_queue(*w, r.subject), places ? guarding_.stage_queue(*w) : ""}) {
    if (!queue.empty()) queues_.claim(queue, r.id, r.severity);
  }
}

/// Those that may begin are looked at again, as many as the stage lets go; all of them when no stage will begin, since
/// the budget is used up or a run of the stage before did not end verified: then a person is asked, and not only when
/// they would look again by themselves.
void Core::call_next(const std::string& queue) {
  const GuardQueues::Waiter* first = queues_.first(queue);
  if (first == nullptr) return;
  const auto w = std::ranges::find(config_.workflows, first->workflow, &Workflow::name);
  if (w == config_.workflows.end() || guarding_.stage_queue(*w) != queue) return;
  constexpr std::size_t a_millisecond = 50;  // not all in one round
  const std::size_t room = guarding_.stage_room(*w, now_);
  const std::size_t claimed = queues_.claimed(queue, first->severity);
  if (room <= claimed) return;
  std::size_t called = 0;
  for (const std::string& id : queues_.call(queue, room - claimed)) {
    const auto finding = projection_.findings().find(id);
    if (finding == projection_.findings().end()) continue;
    answer_again_in(finding->second, std::chrono::milliseconds{called++ / a_millisecond});
  }
}

std::optional<guard::Hold> Core::holds_run(const Run& r, const Candidate& it) const {
  auto held = guarding_.holds(it, now_);
  if (held && held->guard == "oscillation") held->reason += who_sets(r);
  return held;
}

void Core::decide_by_guards(const Run& r, const Workflow& w) {
  const std::string hash = plan_hash(r, active_.at(r.id));
  const std::uint64_t id = r.id;
  const Finding finding = finding_of(r);
  const Candidate it = candidate(r, w, finding);
  if (mode_of(r) == Mode::plan) {
    Fields more = planned_on(r);
    guarding_.note(it, more);
    move(r, RunInput::plan_ready, guarding_.foresees(it, now_), std::move(more));
    return;
  }
  const auto admit = [&](const std::string& reason, const char* by) {
    Fields more = planned_on(r);
    if (by != nullptr) more["decided_by"] = by;
    guarding_.note(it, more);
    if (move(r, RunInput::admit, reason, std::move(more))) advance(id);
  };
  if (Reviewing(*this).lapses(r)) return;
  if (!r.approved_plan.empty() && r.approved_plan == hash) return admit("approved by " + r.decided_by, nullptr);
  if (!r.approved_plan.empty()) {
    return hold_with_plan(r, w, "approval", Reviewing::other_than(r));
  }
  if (mode_of(r) == Mode::propose) {
    const auto now = std::ranges::find(config_.workflows, w.name, &Workflow::name);
    const bool known = now != config_.workflows.end();
    const bool of_workflow = !known || mode_of(*now) <= Mode::propose;
    const bool by_source = projection_.findings().contains(r.finding) && goes_to(finding) <= Mode::propose;
    const std::string old = overdue_text("control", r.control, projection_.ages());
    const bool by_control = !by_source && !old.empty();
    const char* lets = by_control ? "its control goes no further than" : "its source goes no further than";
    std::string why = fmt::format("{} mode propose: a person approves",
                                  !of_workflow && (by_source || by_control) ? lets : "workflow is in");
    const std::string untested = known ? capped(*now) : std::string();
    if (!untested.empty()) why += "; " + untested;
    if (!of_workflow && by_control) why += "; " + old;
    if (const auto held = holds_run(r, it)) {
      why += fmt::format("; {}{}: {}", held_in_auto, held->guard, held->reason);
    }
    return hold_with_plan(r, w, "mode", why);
  }
  if (const auto wait = guarding_.waits(it, now_)) return suppress_run(r, w, *wait);
  if (const auto held = holds_run(r, it)) return hold_with_plan(r, w, held->guard, held->reason);
  ++figures_.verdicts["threshold admit"];
  admit("", "guards");
}

}  // namespace aright::engine
