// Effects: intention, apply, read back, roll back, recovery. DESIGN invariants 1 to 7.
#include <fmt/format.h>

#include <algorithm>

#include "detect/compare.h"
#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr std::uint32_t plans_max = 4;  ///< conflicts before our first effect; then a person looks
constexpr auto verify_again = std::chrono::milliseconds{100};

bool made_something(const Run& r) {
  return std::ranges::any_of(r.steps, [](const RunStep& s) { return s.changes && s.state == StepState::verified; });
}

}  // namespace

void Core::step_state(const Run& r, std::size_t step, StepState state, const std::string& outcome) {
  record("step.done", {{"run", r.id}, {"step", step}, {"state", name(state)}, {"outcome", outcome.substr(0, 1000)}});
}

void Core::advance(std::uint64_t id) {
  const Run& r = *run(id);
  if (r.state != RunState::running) return;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (!r.steps[i].changes || r.steps[i].state != StepState::planned) continue;
    if (paused()) {
      move(r, RunInput::pause, "paused");
      return;
    }
    return apply_step(r, i, false, false);
  }
  if (!move(r, RunInput::all_applied, "")) return;
  const Run done = *run(id);
  if (!move(*run(id), RunInput::verified, "every change read back as desired")) return;
  if (projection_.findings().contains(done.finding)) resolve(done.finding, fmt::format("run {}", id));
}

void Core::apply_step(const Run& r, std::size_t step, bool undo, bool recovering) {
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
  ++figures_.effects;
  out_.work.emplace_back(DoApply{r.id, static_cast<std::uint32_t>(step), undo, recovering, std::move(request)});
}

void Core::on(ApplyDone& done) {
  const Run* r = run(done.run);
  const StepState expected = done.undo ? StepState::undo_intended : StepState::intended;
  if (r == nullptr || done.step >= r->steps.size() || r->steps[done.step].state != expected) {
    ++figures_.late_messages;
    return;
  }
  if (!done.outcome) return apply_failed(*r, done);
  if (!done.undo) {
    step_state(*r, done.step, StepState::applied, *done.outcome == ApplyOutcome::applied ? "applied" : "already");
  }
  judge(*run(done.run), done.step, done.undo, done.read_back);
}

void Core::on(VerifyDone& done) {
  const Run* r = run(done.run);
  const StepState expected = done.undo ? StepState::undo_intended : StepState::applied;
  if (r == nullptr || done.step >= r->steps.size() || r->steps[done.step].state != expected) {
    ++figures_.late_messages;
    return;
  }
  judge(*r, done.step, done.undo, done.read_back);
}

void Core::judge(const Run& r, std::uint32_t step, bool undo, const Result<State>& read_back) {
  Active& active = active_.at(r.id);
  const Plan& plan = active.plans.at(step);
  Json wanted = Json::object();
  for (const std::string& field : plan.names) {
    if (plan.after.fields.contains(field)) wanted[field] = plan.after.fields.at(field);
  }
  if (undo) wanted = plan.before.fields;
  if (read_back && detect::differing_fields(wanted, read_back->fields).empty()) {
    if (!undo) return verified(r, step);
    step_state(r, step, StepState::undone, "read back as before");
    return roll_back_next(r.id);
  }
  const Workflow* w = workflow_of(r);
  if (!active.verify_until) {
    active.verify_until = now_.boot + (w == nullptr ? Nanos{std::chrono::seconds{5}} : w->steps.at(step).verify_within);
  }
  if (now_.boot < *active.verify_until) {
    timers_.emplace(now_.boot + verify_again, DoVerify{r.id, step, undo, r.steps[step].resource});
    return;
  }
  const std::string seen = read_back ? "read back otherwise" : read_back.error().message;
  const std::uint64_t id = r.id;
  if (undo) {
    step_state(r, step, StepState::undo_failed, seen);
    return roll_back_next(id);
  }
  if (read_back && read_back->fields == plan.before.fields) {
    step_state(r, step, StepState::failed, "read back as before: something set it back");
    return step_failed(*run(id), "the change did not last");
  }
  step_state(r, step, StepState::foreign, seen);
  hold(*run(id), RunInput::foreign, "foreign-change",
       fmt::format("{} was changed by somebody else during the run; left untouched", r.steps[step].resource.text()));
}

void Core::verified(const Run& r, std::uint32_t step) {
  const std::uint64_t id = r.id;
  step_state(r, step, StepState::verified, r.steps[step].outcome);
  advance(id);
}

void Core::apply_failed(const Run& r, const ApplyDone& done) {
  const Error& error = done.outcome.error();
  const std::uint64_t id = r.id;
  if (error.code == Errc::timeout) return doubt(r, error.message);
  if (error.code == Errc::paused && !done.undo) {
    step_state(r, done.step, StepState::planned, "");
    if (paused()) {
      move(*run(id), RunInput::pause, error.message);
    } else {
      advance(id);  // resumed in the meantime
    }
    return;
  }
  if (done.undo) {
    if (error.code == Errc::paused || error.retry == Retry::yes) {
      step_state(r, done.step, StepState::verified, "undo waits: " + error.message);
      return doubt(*run(id), "its undo could not be done: " + error.message);
    }
    step_state(r, done.step, StepState::undo_failed, error.message);
    return roll_back_next(id);
  }
  if (error.code == Errc::conflict) return apply_conflict(r, done.step, done.recovering);
  step_state(r, done.step, StepState::failed, error.message);
  const ResourceId resource_id = r.steps[done.step].resource;
  step_failed(*run(id), error.message);
  if (error.retry == Retry::yes) timers_.emplace(now_.boot + std::chrono::seconds{10}, resource_id);
}

void Core::apply_conflict(const Run& r, std::uint32_t step, bool recovering) {
  const std::uint64_t id = r.id;
  if (recovering) return doubt(r, "after a restart the resource is neither as before nor as intended");
  step_state(r, step, StepState::failed, "conflict: somebody changed it first");
  if (made_something(*run(id))) return step_failed(*run(id), "somebody changed " + r.steps[step].resource.text());
  if (r.plans >= plans_max) {
    return hold(*run(id), RunInput::foreign, "foreign-change",
                fmt::format("somebody changed it {} times while we planned", r.plans));
  }
  if (move(*run(id), RunInput::conflict, "somebody changed it first: planning again")) ask_plans(*run(id));
}

void Core::step_failed(const Run& r, const std::string& reason) {
  if (!made_something(r)) {
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

void Core::roll_back_next(std::uint64_t id) {
  const Run& r = *run(id);
  bool all_undone = true;
  for (std::size_t i = r.steps.size(); i-- > 0;) {
    if (r.steps[i].changes && r.steps[i].state == StepState::verified) return apply_step(r, i, true, false);
    if (r.steps[i].state == StepState::undo_failed) all_undone = false;
  }
  const std::string why = r.reason;
  if (all_undone) {
    move(r, RunInput::undone, why);
    return;
  }
  hold(r, RunInput::undo_failed, "rollback", why + "; not everything could be undone");
}

void Core::doubt(const Run& r, const std::string& reason) { hold(r, RunInput::doubt, "unknown", reason); }

void Core::recover(const Run& r) {
  const std::uint64_t id = r.id;
  if (r.state == RunState::pending) {
    pending_.insert(id);
    return;
  }
  if (r.state == RunState::held || r.state == RunState::unknown) return;
  lock(id, targets(r));
  if (r.state == RunState::planning) return ask_plans(r);
  if (r.state == RunState::waiting) {
    if (!paused() && move(r, RunInput::resume, "")) advance(id);
    return;
  }
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const StepState state = r.steps[i].state;
    if (state == StepState::intended) return apply_step(r, i, false, true);
    if (state == StepState::undo_intended) return apply_step(r, i, true, true);
    if (state == StepState::applied) {
      if (!active_.contains(id)) return doubt(r, "the recorded content of its plan has been erased");
      out_.work.emplace_back(DoVerify{id, static_cast<std::uint32_t>(i), false, r.steps[i].resource});
      return;
    }
  }
  if (r.state == RunState::rolling_back) return roll_back_next(id);
  advance(id);
}

}  // namespace aright::engine
