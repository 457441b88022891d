// Effects: intention, apply, read back. DESIGN invariants 1 to 7. Whatever a driver says of an effect, what is read
// afterwards decides.
#include <fmt/format.h>

#include <algorithm>

#include "detect/compare.h"
#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr std::size_t made_max = 8;     ///< resources in the entry of a success
constexpr std::uint32_t plans_max = 4;  ///< conflicts before our first effect; then a person looks
constexpr auto verify_again = std::chrono::milliseconds{100};
constexpr Nanos verify_default = std::chrono::seconds{5};  ///< when the workflow's definition is gone

/// Errands of a driver that ended as expected, and nobody has looked for what they did.
std::uint64_t unverified_errands(const Run& r, std::string_view driver) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      r.steps, [&](const RunStep& s) { return s.resource.driver == driver && s.state == StepState::applied; }));
}

std::string unverified_text(std::uint64_t programs, std::uint64_t calls) {
  const auto some = [](std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  std::string who = programs == 0 ? std::string() : some(programs, "program");
  if (calls != 0) who += (who.empty() ? "" : " and ") + some(calls, "call");
  return fmt::format("unverified: {} ended as expected, and nothing confirms what {} did", who,
                     programs + calls == 1 ? "it" : "they");
}

/// It only told, asked or waited, or what it would have changed was left out.
bool changed_nothing(const Run& r) { return !r.undo && !made_something(r); }

std::string success_text(const Run& r) {
  if (changed_nothing(r)) return "every step has been taken, and nothing was changed";
  if (!r.undo) return "every change read back as desired";
  const auto stays = std::ranges::count_if(r.steps, [](const RunStep& s) { return s.outcome.starts_with("stays: "); });
  std::string all = "every change read back as it was before";
  if (stays == 0) return all;
  return fmt::format("{}; {} of what was done stay{}", all, stays, stays == 1 ? "s" : "");
}

}  // namespace

bool made_something(const Run& r) {
  return std::ranges::any_of(r.steps, [](const RunStep& s) { return s.made(); });
}

void Core::step_state(const Run& r, std::size_t step, StepState state, const std::string& outcome, Fields more) {
  more.add({{"run", r.id}, {"step", step}, {"state", name(state)}, {"outcome", line(outcome)}});
  record("step.done", std::move(more));
}

/// Why no effect of this run may begin now; empty: it may. It is recorded, and shown when the mode is another again.
std::string Core::why_not_act(const Run& r) const {
  if (const Waiver* waiver = waiver_of(r)) return fmt::format("{} is in force", waiver->text());
  const Mode mode = mode_of(r);
  const bool approved = !r.approved_plan.empty() && r.approved_plan == r.plan_hash;
  if (mode == Mode::auto_ || (mode == Mode::propose && approved)) return {};
  return fmt::format("the mode had become {}", name(mode));
}

void Core::advance(std::uint64_t id) {
  const bool closing = !run(id)->closing.empty();
  const RunState state = run(id)->state;
  if (state != RunState::running && !(closing && state == RunState::rolling_back)) return;
  for (const std::size_t i : order_of(*run(id))) {
    const Run& r = *run(id);
    const bool open = r.steps[i].state == StepState::open;
    const bool due = r.steps[i].state == StepState::planned && (r.steps[i].changes || r.steps[i].steers());
    if (!open && !due) continue;
    if (closing && !is_at_end(r, i)) continue;
    if (!r.cancel_asked.empty() && state == RunState::running) return call_off(r);
    if (draining_) return;  // durable as it is; goes on after the start
    if (Reviewing(*this).lapses(r)) return;
    if (const std::string why = blocked(r, r.steps[i].resource.driver); !why.empty()) {
      if (state == RunState::rolling_back) return undo_waits(r, why);
      move(r, RunInput::pause, why);
      return;
    }
    if (const std::string why = why_not_act(r); !why.empty()) {
      if (!is_at_end(r, i)) return forbidden(r, why);
      step_state(r, i, StepState::failed, "not begun: " + why);
      continue;
    }
    if (open) return plan_more(r, i);
    return r.steps[i].steers() ? steer(r, i) : apply_step(r, i, false, false);
  }
  const Run& r = *run(id);
  if (closing) return closed(r);
  if (!move(r, RunInput::all_applied, "")) return;
  std::string waived;
  const Waiver* waiver = finally_told(*run(id)).empty() ? waiver_of(*run(id)) : nullptr;  // else something was left
  if (waiver != nullptr && made_something(*run(id))) {
    waived = fmt::format("; {} came when nothing was left to be done, so what was done stays", waiver->text());
  }
  succeed(*run(id), "", waived);
}

/// `beside`: what is to be said after all else, such as what a person has found where its `finally` was in doubt.
void Core::succeed(const Run& r, std::string reason, const std::string& beside) {
  const std::uint64_t id = r.id;
  const RunInput input = r.state == RunState::unknown ? RunInput::found_done : RunInput::verified;
  if (reason.empty()) reason = success_text(r);
  const std::string finding = cures(r) ? r.finding : std::string();
  const std::uint64_t programs = unverified_errands(r, program_driver);
  const std::uint64_t calls = unverified_errands(r, call_driver);
  Fields more;
  if (changed_nothing(r)) more["changed_nothing"] = true;
  if (programs + calls != 0) {
    more["unverified"] = programs + calls;
    figures_.unverified += programs + calls;
    reason = unverified_text(programs, calls);
  }
  reason += finally_told(r) + beside;
  if (Json made = made_for_others(r); !made.empty()) more["made"] = std::move(made);
  if (!move(r, input, reason, std::move(more))) return;
  if (projection_.findings().contains(finding)) resolve(finding, fmt::format("run {}", id));
}

/// What it made, where something may follow from it: another control looks at it, or it is judged by a condition.
Json Core::made_for_others(const Run& r) const {
  Json made = Json::object();
  const auto active = active_.find(r.id);
  if (active == active_.end() || active->second.plans.size() != r.steps.size()) return made;
  for (std::size_t i = 0; i < r.steps.size() && made.size() < made_max; ++i) {
    const RunStep& step = r.steps[i];
    if (step.state != StepState::verified || step.is_errand()) continue;
    const auto looking = controls_about(step.resource);
    const bool only_ours =
        std::ranges::all_of(looking, [&](const Control* c) { return c->name == r.control && c->violation.empty(); });
    if (only_ours && step.resource.text() == r.subject) continue;
    const std::string text = step.resource.text();
    if (!looking.empty()) made[changed_text(text)] = mark(text, active->second.plans[i].after);
  }
  return made;
}

/// An owner is evidence only where somebody else has put him there. A file that is written into keeps the one we left
/// it, and so does what we put right without naming one; one that we removed has been made anew.
std::string Core::who_sets(const Run& r) const {
  std::string nobody = "; who sets it is not known";
  const auto active = active_.find(r.id);
  if (active == active_.end()) return nobody;
  for (std::size_t i = 0; i < r.steps.size() && i < active->second.plans.size(); ++i) {
    if (r.steps[i].resource.text() != r.subject) continue;
    const Plan& plan = active->second.plans[i];
    const std::string theirs = plan.before.fields.value("owner", "");
    const bool made_anew = !plan.after.fields.value("exists", true);
    if (!theirs.empty() && (made_anew || theirs != plan.after.fields.value("owner", theirs))) {
      return fmt::format("; what comes back belongs to user {}", theirs);
    }
  }
  return nobody;
}

/// Between two effects. What a lowered mode stops is a person's question; what a waiver stops must not stay half done.
void Core::forbidden(const Run& r, const std::string& why) {
  if (!made_something(r)) {
    move(r, RunInput::cancel, why);
    return;
  }
  if (waiver_of(r) != nullptr) return step_failed(r, why);
  hold(r, RunInput::foreign, "mode", why + "; what was done stays until a person decides");
}

void Core::apply_step(const Run& r, std::size_t step, bool undo, bool recovering) {
  if (r.steps[step].is_errand()) return start_errand(r, step, false, recovering);
  const auto found = active_.find(r.id);
  if (found == active_.end() || step >= found->second.plans.size()) {
    return doubt(r, "the recorded content of its plan has been erased");
  }
  auto request = std::make_shared<ApplyRequest>();
  request->resource = r.steps[step].resource;
  request->plan = found->second.plans[step];
  request->key = r.step_key(step) + (undo ? "-undo" : "");
  if (undo) std::swap(request->plan.before, request->plan.after);
  found->second.verify_until.reset();
  if (!recovering) {
    record("step.intended", {{"run", r.id},
                             {"step", step},
                             {"state", name(undo ? StepState::undo_intended : StepState::intended)},
                             {"resource", request->resource.text()},
                             {"before", undo ? r.steps[step].after.id : r.steps[step].before.id},
                             {"after", undo ? r.steps[step].before.id : r.steps[step].after.id},
                             {"key", request->key}});
  }
  found->second.effect = ++figures_.effects;
  limit_time(r, step);
  out_.work.emplace_back(
      DoApply{r.id, static_cast<std::uint32_t>(step), undo, recovering, r.workflow, std::move(request)});
}

namespace {

/// A person decides: what a driver says after all is too late.
bool is_asked_about(const Run& r) { return r.state == RunState::held || r.state == RunState::unknown; }

}  // namespace

void Core::on(ApplyDone& done) {
  const Run* r = run(done.run);
  const StepState expected = done.undo ? StepState::undo_intended : StepState::intended;
  const auto active = active_.find(done.run);
  if (r == nullptr || active == active_.end() || done.step >= r->steps.size() ||
      r->steps[done.step].state != expected || is_asked_about(*r)) {
    ++figures_.late_messages;
    return;
  }
  active->second.recovering = done.recovering;
  active->second.effect = 0;
  active->second.error.reset();
  if (!done.outcome) active->second.error = done.outcome.error();
  if (done.outcome && !done.undo) {
    step_state(*r, done.step, StepState::applied, *done.outcome == ApplyOutcome::applied ? "applied" : "already");
  }
  judge(*run(done.run), done.step, done.undo, done.read_back);
}

void Core::on(VerifyDone& done) {
  const Run* r = run(done.run);
  const bool known = r != nullptr && active_.contains(done.run) && done.step < r->steps.size();
  const StepState state = known ? r->steps[done.step].state : StepState::planned;
  const bool expected =
      done.undo ? state == StepState::undo_intended : state == StepState::applied || state == StepState::intended;
  if (!known || !expected || is_asked_about(*r)) {
    ++figures_.late_messages;
    return;
  }
  judge(*r, done.step, done.undo, done.read_back);
}

void Core::judge(const Run& r, std::uint32_t step, bool undo, const Result<State>& read_back) {
  const Active& active = active_.at(r.id);
  const Plan& plan = active.plans.at(step);
  Seen seen = Seen::foreign;
  if (!read_back) {
    seen = Seen::unreadable;
  } else if (undo     ? read_back->fields == plan.before.fields
             : r.undo ? read_back->fields == plan.after.fields
                      : detect::is_as_desired(plan.after.fields, plan.names, read_back->fields) &&
                            (!active.error || read_back->fields == plan.after.fields)) {
    seen = Seen::wanted;
  } else if (read_back->fields == (undo ? plan.after.fields : plan.before.fields)) {
    seen = Seen::origin;
  }
  if (seen == Seen::wanted && !undo) return happened(r, step);
  if (seen == Seen::wanted) {
    step_state(r, step, StepState::undone, "read back as before");
    return roll_back_next(r.id);
  }
  // An error is final as soon as the resource can be read; a timeout may still come true.
  const bool settled = active.error && active.error->code != Errc::timeout && seen != Seen::unreadable;
  if (!settled && still_time(r, step, undo)) return;
  const std::string trouble = read_back ? std::string() : read_back.error().message;
  if (undo) return not_undone(r, step, seen, trouble);
  if (active.error) return not_applied(r, step, seen, trouble);
  unverified(r, step, seen, trouble);
}

/// True when the resource is read once more before the step is judged.
bool Core::still_time(const Run& r, std::uint32_t step, bool undo) {
  Active& active = active_.at(r.id);
  const Workflow* w = workflow_of(r);
  if (!active.verify_until) {
    const Step::Ensure* ensure = w == nullptr ? nullptr : w->steps.at(step).ensure();
    active.verify_until = now_.boot + (ensure == nullptr ? verify_default : ensure->verify_within);
  }
  if (now_.boot >= *active.verify_until) return false;
  timers_.emplace(std::min(now_.boot + verify_again, *active.verify_until),
                  DoVerify{r.id, step, undo, r.steps[step].resource});
  return true;
}

void Core::happened(const Run& r, std::uint32_t step) {
  const std::uint64_t id = r.id;
  const auto& error = active_.at(id).error;
  if (error) step_state(r, step, StepState::applied, "read back as intended, although: " + error->message);
  step_state(*run(id), step, StepState::verified, run(id)->steps[step].outcome);
  advance(id);
}

/// The driver said that it happened.
void Core::unverified(const Run& r, std::uint32_t step, Seen seen, const std::string& trouble) {
  const std::uint64_t id = r.id;
  if (seen == Seen::unreadable) return doubt(r, "what was done cannot be read back: " + trouble);
  if (seen == Seen::foreign) return foreign(r, step, "read back otherwise");
  step_state(r, step, StepState::failed, "read back as before: something set it back");
  step_failed(*run(id), "the change did not last");
}

/// The driver said that it did not happen.
void Core::not_applied(const Run& r, std::uint32_t step, Seen seen, const std::string& trouble) {
  const std::uint64_t id = r.id;
  const Active& active = active_.at(id);
  const Error error = *active.error;
  const bool untouched = error.code == Errc::paused && !active.recovering;  // no driver was called
  if (error.code == Errc::timeout) return doubt(r, error.message);
  if (seen == Seen::unreadable && !untouched) {
    return doubt(r, fmt::format("{}, and it cannot be read back: {}", error.message, trouble));
  }
  if (untouched || (error.code == Errc::paused && seen == Seen::origin)) return not_begun(r, step, error.message);
  if (error.code == Errc::conflict && (!active.recovering || seen == Seen::origin)) {
    return conflicted(r, step, "conflict: somebody changed it first", active.recovering);
  }
  if (seen == Seen::foreign && !active.recovering) return conflicted(r, step, error.message, true);
  if (seen == Seen::foreign) {
    return doubt(r, "after a restart the resource is neither as before nor as intended: " + error.message);
  }
  if (seen == Seen::origin && tries_again(r, step, error.message)) return;
  step_state(r, step, StepState::failed, error.message);
  step_failed(*run(id), error.message);
}

/// The gate was closed: the intention is taken back.
void Core::not_begun(const Run& r, std::uint32_t step, const std::string& why) {
  const std::uint64_t id = r.id;
  step_state(r, step, StepState::planned, "not begun: " + why);
  if (draining_) return;
  if (blocked(*run(id), run(id)->steps[step].resource.driver).empty() && why_not_act(*run(id)).empty()) {
    again_in(*run(id), verify_again);  // the pause is on its way to us, or over already
    return;
  }
  advance(id);
}

void Core::foreign(const Run& r, std::uint32_t step, const std::string& seen) {
  const std::uint64_t id = r.id;
  const std::string resource = r.steps[step].resource.text();
  step_state(r, step, StepState::foreign, seen);
  hold(*run(id), RunInput::foreign, "foreign-change",
       fmt::format("{} was changed by somebody else during the run; left untouched", resource));
}

/// Not applied, and not as before: planned again, through the guards. Where nothing of it has begun, the admission is
/// taken back, so that the run is not counted twice and is not held by itself.
void Core::conflicted(const Run& r, std::uint32_t step, const std::string& outcome, bool may_have_begun) {
  const std::uint64_t id = r.id;
  const std::string resource = r.steps[step].resource.text();
  step_state(r, step, StepState::failed, outcome);
  if (made_something(*run(id))) return step_failed(*run(id), "somebody changed " + resource);
  if (r.plans >= plans_max) {
    return hold(*run(id), RunInput::foreign, "foreign-change",
                fmt::format("somebody changed it {} times while we planned", r.plans));
  }
  const bool asked = std::ranges::any_of(run(id)->steps, [](const RunStep& s) { return s.ran.has_value(); });
  Fields more;
  if (!may_have_begun && !asked) more["withdrawn"] = true;
  if (move(*run(id), RunInput::conflict, "somebody changed it first: planning again", std::move(more))) {
    ask_plans(*run(id));
  }
}

void Core::step_failed(const Run& r, const std::string& reason) {
  if (at_end_begun(r)) {
    tell(true, fmt::format("run {}: a step of `finally` failed: {} ({} on {})", r.id, reason, r.workflow, r.subject));
    return advance(r.id);
  }
  if (!made_something(r)) {
    if (begin_finally(r, reason)) return;
    move(r, RunInput::give_up, reason);
    return;
  }
  const Workflow* w = workflow_of(r);
  if (w != nullptr && w->on_failure == OnFailure::review) {
    return hold(r, RunInput::foreign, "on-failure", reason + "; what was done stays until a person decides");
  }
  const std::uint64_t id = r.id;
  if (move(r, RunInput::step_failed, reason)) roll_back_next(id);
}

/// Where both are in doubt, a program of `finally` and an undo, it is the undo that a person is asked about: how the
/// run ends hangs on that.
void Core::doubt(const Run& r, const std::string& reason) {
  const bool both = undo_in_doubt(r) && !Reviewing(*this).ends_in_doubt(r).empty();
  if (!both) return hold(r, RunInput::doubt, "unknown", reason);
  hold(
      r, RunInput::doubt, "unknown",
      fmt::format("{}; whether all of it is undone is not known{}; finally: {}", r.closing, not_taken_back(r), reason));
}

/// A person who watches sees every end, and everything that waits for them.
void Core::tell_move(const Run& r, RunState to, const std::string& reason) {
  const bool asks = to == RunState::held || to == RunState::unknown;
  if (!asks && !is_final(to)) return;
  const bool bad = asks || to == RunState::failed || to == RunState::rolled_back || to == RunState::rollback_failed;
  const std::string review = asks ? fmt::format(", review {}", projection_.next_review()) : std::string();
  tell(bad, fmt::format("run {} {}: {} ({} on {}{})", r.id, name(to), reason, r.workflow, r.subject, review));
}

}  // namespace aright::engine
