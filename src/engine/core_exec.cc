// Programs: their plan, intention, end, and the second program that looks whether it is there. Nothing of them can be
// read back, so what nobody confirms stays unverified, and what nobody knows is a person's question.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "workflow/about.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr auto again = std::chrono::milliseconds{100};
constexpr std::size_t entry_arguments_max = 1024;  ///< bytes of them kept in an entry (which holds 4 KiB)

/// The program as the intention names it; what does not fit or is kept back lies in the plan's blob.
void add_arguments(Fields& entry, const ProgramRequest& request, bool sensitive) {
  const auto text = canonical_json(Json(request.arguments));
  if (!sensitive && text && text->size() <= entry_arguments_max) {
    entry["arguments"] = request.arguments;
  } else {
    entry["arguments_omitted"] = request.arguments.size();
  }
}

bool says_absent(const ProgramPlan::Confirm& confirm, const ProgramOutcome& outcome) {
  return !outcome.signalled && outcome.cut == ProgramCut::none &&
         std::ranges::find(confirm.absent, outcome.number) != confirm.absent.end();
}

}  // namespace

/// What a program may be told. `with_steps`: also what earlier steps came to.
workflow::ProgramContext Core::program_context(const Run& r, std::size_t step, bool with_steps) const {
  workflow::ProgramContext context;
  context.subject = subject_parts(r.subject);
  const Finding finding = finding_of(r);
  context.finding = workflow::about(finding);
  context.subject_typed = finding.subject_typed;
  if (const Event* event = evidence_of(finding)) context.event = *event;
  if (const Control* control = control_of(r)) context.control = workflow::about(*control);
  context.run = {{"id", r.id}, {"workflow", r.workflow}, {"key", r.step_key(step)}};
  context.each = value_for(r, step);
  if (!with_steps) return context;
  context.steps = steps_so_far(r, step, false);
  context.trusted_steps = steps_so_far(r, step, true);
  return context;
}

void Core::ask_program_plan(const Run& r, std::uint32_t step, const Step::Exec& exec,
                            std::shared_ptr<const Plan> made) {
  out_.work.emplace_back(
      DoProgramPlan{r.id, step, r.plans, exec, program_context(r, step, workflow::names_steps(exec)), std::move(made)});
}

/// Nothing where its content has been erased.
std::optional<ProgramPlan> Core::program_plan(const Run& r, std::size_t step) const {
  const auto active = active_.find(r.id);
  if (active == active_.end() || step >= active->second.plans.size()) return std::nullopt;
  auto plan = ProgramPlan::from_json(active->second.plans[step].after.fields, r.step_key(step));
  if (!plan) return std::nullopt;
  return std::move(*plan);
}

/// `recovering`: of one that looks, that nobody knows what the step's program came to.
void Core::start_program(const Run& r, std::size_t step, bool confirms, bool recovering) {
  const auto plan = program_plan(r, step);
  if (!plan || (confirms && !plan->confirm)) return doubt(r, "the recorded content of its plan has been erased");
  if (!take_turn(r, {step, confirms, recovering})) return;
  Active& active = active_.at(r.id);
  const bool sensitive = active.plans[step].after.sensitive;
  const auto request = std::make_shared<const ProgramRequest>(confirms ? plan->confirm->request : plan->request);
  Fields entry{{"run", r.id},
               {"step", step},
               {"state", name(confirms ? r.steps[step].state : StepState::intended)},
               {"resource", ResourceId{program_driver, request->arguments.front()}.text()},
               {"plan_commitment", r.steps[step].after.id},
               {"key", request->key},
               {"time_limit_ms", request->time_limit / std::chrono::milliseconds{1}}};
  add_arguments(entry, *request, sensitive);
  active.program = true;
  if (const auto written = outputs_.find(r.id); !confirms && written != outputs_.end()) written->second.erase(step);
  record(confirms ? "step.confirming" : "step.intended", std::move(entry));
  ++figures_.effects;
  out_.work.emplace_back(DoExec{r.id, static_cast<std::uint32_t>(step), confirms, recovering, sensitive, request});
}

/// Its own run goes first: a program that looks follows the one it looks at.
void Core::on(ExecDone& done) {
  turns_.give_back();
  program_answered(done);
  next_turns();
}

void Core::program_answered(const ExecDone& done) {
  const Run* r = run(done.run);
  const auto active = active_.find(done.run);
  const bool known = r != nullptr && active != active_.end() && done.step < r->steps.size() &&
                     r->steps[done.step].runs_program() && std::exchange(active->second.program, false);
  if (!known) {
    ++figures_.late_messages;
    return;
  }
  if (done.end) out_.blobs.push_back(done.end->output);
  if (!done.end && done.end.error().code == Errc::paused) {
    if (!done.confirms) return not_begun(*r, done.step, done.end.error().message);
    if (!draining_) again_in(*r, again);
    return;
  }
  done.confirms ? looked(*r, done) : program_ended(*r, done);
}

void Core::program_ended(const Run& r, const ExecDone& done) {
  const std::uint64_t id = r.id;
  if (!done.end) return program_failed(r, done.step, done.end.error());
  const auto plan = program_plan(r, done.step);
  if (!plan) return doubt(r, "the recorded content of its plan has been erased");
  const ProgramOutcome& outcome = done.end->outcome;
  auto judged = aright::judge(plan->request, plan->expect, outcome);
  if (judged) judged = take_output(r, done.step, outcome.output.kept);
  const std::string told = judged ? describe(outcome) : judged.error().message;
  Fields ran{{"ran", program_run_to_json(program_run(outcome, done.end->output.commitment))}};
  const bool unclear = outcome.cut != ProgramCut::none;
  StepState state = StepState::failed;
  if (judged) {
    state = StepState::applied;
  } else if (unclear || plan->confirm) {
    state = StepState::intended;
  }
  step_state(r, done.step, state, told, std::move(ran));
  if (plan->confirm) return look(*run(id), done.step, false);
  if (judged) return advance(id);
  if (unclear) return doubt(*run(id), told + "; what it did until then is not known");
  step_failed(*run(id), told);
}

/// It could not be started; or it could, and nobody knows more.
void Core::program_failed(const Run& r, std::uint32_t step, const Error& error) {
  const std::uint64_t id = r.id;
  if (error.code == Errc::timeout || error.code == Errc::conflict) return doubt(r, error.message);
  if (tries_again(r, step, "not started: " + error.message)) return;
  step_state(r, step, StepState::failed, "not started: " + error.message);
  step_failed(*run(id), error.message);
}

/// Starts the program that looks. It is a program too: announced, and none while nothing may begin.
void Core::look(const Run& r, std::size_t step, bool recovering) {
  if (draining_) return;  // durable as it is; looked at after the start
  if (const std::string why = blocked(); !why.empty()) {
    if (r.state == RunState::rolling_back) return undo_waits(r, why);
    move(r, RunInput::pause, why);
    return;
  }
  if (const std::string why = why_not_act(r); !why.empty()) {
    return doubt(r, fmt::format("{}: what {} did is not confirmed", why, r.steps[step].resource.text()));
  }
  start_program(r, step, true, recovering);
}

void Core::looked(const Run& r, const ExecDone& done) {
  const std::uint64_t id = r.id;
  const std::uint32_t step = done.step;
  const StepState before = r.steps[step].state;
  const auto plan = program_plan(r, step);
  if (!plan || !plan->confirm) return doubt(r, "the recorded content of its plan has been erased");
  if (!done.end) return doubt(r, "whether it is there cannot be confirmed: " + done.end.error().message);
  const ProgramOutcome& outcome = done.end->outcome;
  const Fields more{{"looked", program_run_to_json(program_run(outcome, done.end->output.commitment))}};
  const std::string earlier = r.steps[step].outcome;
  const auto judged = aright::judge(plan->confirm->request, plan->confirm->expect, outcome);
  if (judged) {
    const bool against = before == StepState::intended && !earlier.empty();
    step_state(r, step, StepState::verified,
               against ? "confirmed, although: " + earlier : "confirmed" + (earlier.empty() ? "" : "; " + earlier),
               more);
    return advance(id);
  }
  if (!says_absent(*plan->confirm, outcome)) {
    step_state(r, step, before, earlier, more);
    return doubt(*run(id), "whether it is there cannot be confirmed: " + judged.error().message);
  }
  if (done.recovering && before == StepState::intended) {  // certainly not there: the same once more, with the same key
    step_state(r, step, StepState::planned, "not there after an interruption: " + describe(outcome), more);
    return advance(id);
  }
  const std::string why =
      before == StepState::applied ? "ended as expected, but what it should do is not there" : earlier;
  if (tries_again(r, step, why, more)) return;
  step_state(r, step, StepState::failed, why, more);
  step_failed(*run(id), why);
}

/// Its end, or what the one that looks says, is still to come.
bool Core::program_open(const Run& r, std::size_t step) const {
  const StepState state = r.steps[step].state;
  if (state == StepState::intended) return true;
  const auto plan = program_plan(r, step);
  return state == StepState::applied && plan && plan->confirm;
}

/// An intention without an end. Without a way to look, nobody knows, and it is never started again unseen.
void Core::recover_program(const Run& r, std::size_t step) {
  const auto plan = program_plan(r, step);
  if (!plan) return doubt(r, "the recorded content of its plan has been erased");
  if (plan->confirm) return look(r, step, true);
  doubt(r, fmt::format("interrupted after {} was announced: whether it was started, and did its work, is not known",
                       r.steps[step].resource.text()));
}

}  // namespace aright::engine
