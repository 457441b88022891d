#include "engine/errands.h"

#include "engine/undo_source.h"
#include "model/content.h"
#include "workflow/call_plan.h"
#include "workflow/filled_texts.h"
#include "workflow/program_plan.h"

namespace aright::engine {

namespace {

Result<ErrandPlan> plan_of(const Step::Exec& exec, const workflow::ErrandContext& context) {
  auto plan = workflow::plan_program(exec, context);
  return plan ? Result<ErrandPlan>(ErrandPlan{std::move(*plan)}) : std::unexpected(plan.error());
}

Result<ErrandPlan> plan_of(const Step::Call& call, const workflow::ErrandContext& context) {
  auto plan = workflow::plan_call(call, context);
  return plan ? Result<ErrandPlan>(ErrandPlan{std::move(*plan)}) : std::unexpected(plan.error());
}

const std::string& kept_of(const ProgramOutcome& outcome) { return outcome.output.kept; }
const std::string& kept_of(const CallOutcome& outcome) { return outcome.answer; }

Json written(const ProgramOutcome& outcome) {
  return {{"output", content_json(outcome.output.kept)}, {"errors", content_json(outcome.errors.kept)}};
}
Json written(const CallOutcome& outcome) { return {{"output", content_json(outcome.answer)}}; }

template <class Outcome>
Result<ErrandEnd> ended(const Hands& hands, bool sensitive, Verdict verdict, const Outcome& outcome) {
  auto blob = seal(State{written(outcome), sensitive}, hands.salt());
  if (!blob) return fail(Errc::timeout, "what came of it cannot be recorded: " + blob.error().message);
  auto ran = errand_run(outcome, blob->commitment);
  return ErrandEnd{std::move(verdict), std::move(ran), std::move(*blob), kept_of(outcome)};
}

Result<ErrandEnd> do_it(const Hands& hands, const DoErrand& work, const ProgramPlan& plan) {
  if (hands.programs == nullptr) return fail(Errc::invalid, "nothing here can run programs");
  ProgramRequest request = work.looks ? plan.confirm.value().request : plan.request;
  request.cause = work.cause;
  if (!work.looks && plan.confirm) {  // what cannot be confirmed afterwards is not begun
    if (auto ok = hands.programs->may_run(plan.confirm->request); !ok) {
      return fail(ok.error().code, "of `confirm`: " + ok.error().message, ok.error().retry);
    }
  }
  const auto outcome = hands.programs->run(request);
  if (!outcome) return std::unexpected(outcome.error());
  return ended(hands, work.sensitive, judge_program(plan, work.looks, work.sensitive, *outcome), *outcome);
}

Result<ErrandEnd> do_it(const Hands& hands, const DoErrand& work, const CallPlan& plan) {
  if (hands.calls == nullptr) return fail(Errc::invalid, "nothing here can call servers");
  // A name and a connection may take seconds: whoever has paused meanwhile is not to see it sent.
  const auto may_send = [&] { return hands.gate->lets(work.workflow, call_driver); };
  CallRequest request = work.looks ? plan.confirm.value().request : plan.request;
  request.cause = work.cause;
  const auto outcome = hands.calls->run(request, may_send);
  if (!outcome) return std::unexpected(outcome.error());
  return ended(hands, work.sensitive, workflow::judge_call(plan, work.looks, work.sensitive, *outcome), *outcome);
}

}  // namespace

Result<ErrandPlan> plan_errand(const ErrandStep& step, const workflow::ErrandContext& context) {
  return std::visit([&](const auto& one) { return plan_of(one, context); }, step);
}

bool names_resource(const ErrandStep& step) {
  return std::visit([](const auto& one) { return workflow::names_resource(one); }, step);
}

bool names_steps(const ErrandStep& step) {
  return std::visit([](const auto& one) { return workflow::names_steps(one); }, step);
}

bool ended_as_expected(const RunStep& step) {
  if (step.state == StepState::applied) return true;
  return step.state == StepState::verified && !step.outcome.starts_with(confirmed_against) &&
         !step.outcome.starts_with(found_done);
}

bool is_sensitive(const ErrandStep& step) {
  return std::visit([](const auto& one) { return one.sensitive; }, step);
}

std::vector<std::string> filled_texts(const ErrandStep& step, const ErrandPlan& plan) {
  if (const auto* exec = std::get_if<Step::Exec>(&step)) {
    return workflow::filled_texts(*exec, std::get<ProgramPlan>(plan.of));
  }
  return workflow::filled_texts(std::get<Step::Call>(step), std::get<CallPlan>(plan.of));
}

Result<ErrandEnd> do_errand(const Hands& hands, const DoErrand& work) {
  if (!hands.gate->lets(work.workflow, work.plan->resource(work.looks).driver)) {
    return fail(Errc::paused, "paused before the start; nothing was started", Retry::yes);
  }
  return std::visit([&](const auto& plan) { return do_it(hands, work, plan); }, work.plan->of);
}

Result<FormerProgram> find_former(const Hands& hands, const DoFormer& work) {
  const auto* plan = std::get_if<ProgramPlan>(&work.plan->of);
  if (hands.programs == nullptr || plan == nullptr) return FormerProgram{};
  ProgramRequest request = plan->request;
  request.cause = work.cause;
  auto found = hands.programs->former(request, work.overdue);
  if (!found || found->at_work || !plan->confirm) return found;
  request = plan->confirm->request;
  request.cause = work.cause;
  auto looking = hands.programs->former(request, true);
  if (!looking) return std::unexpected(looking.error());
  return found;
}

}  // namespace aright::engine
