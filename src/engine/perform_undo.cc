// Reads what an ended run has changed, and plans the way back.
#include <fmt/format.h>

#include "engine/perform.h"
#include "engine/protected_targets.h"

namespace aright::engine {

namespace {

UndoStep refused_step(std::string why) { return {UndoStep::What::refused, std::move(why), {}, {}}; }

UndoStep plan_resource(const Hands& hands, const ResourceId& id, const Plan& made) {
  if (std::string why = protected_target(hands, id); !why.empty()) return refused_step(std::move(why));
  const Input looked = perform(hands, DoLook{0, id});
  const auto& state = std::get<LookDone>(looked).state;
  if (!state) return refused_step(fmt::format("{} cannot be read now: {}", id.text(), state.error().message));
  UndoStep step;
  step.now = *state;
  auto back = inverse_of(made, *state);
  if (!back) {
    step.what = UndoStep::What::refused;
    step.why = fmt::format("{}: {}", id.text(), back.error().message);
    return step;
  }
  if (back->empty()) {
    step.what = UndoStep::What::already;
    return step;
  }
  auto plan = sealed(hands, id, std::move(*back));
  if (!plan) return refused_step(fmt::format("{}: {}", id.text(), plan.error().message));
  step.what = UndoStep::What::undo;
  step.plan = std::move(*plan);
  return step;
}

UndoStep plan_errand_back(const Hands& hands, const DoUndoPlan& work, std::size_t step) {
  const StepUndo& undo = *work.source->workflow->steps.at(step).undo;
  const Input planned = perform(hands, DoErrandPlan{work.run, static_cast<std::uint32_t>(step), work.attempt, undo,
                                                    work.errands.at(step), nullptr});
  const auto& done = std::get<PlanDone>(planned);
  if (!done.touches.empty()) return refused_step(done.touches);
  if (!done.plan) return refused_step("its undo cannot be planned: " + done.plan.error().message);
  return {UndoStep::What::undo, {}, {}, *done.plan};
}

UndoStep plan_step_back(const Hands& hands, const DoUndoPlan& work, std::size_t step) {
  const UndoSource& source = *work.source;
  UndoPart part = undo_part(source, step);
  switch (part.kind) {
    case UndoPart::Kind::nothing:
      return {part.why.empty() ? UndoStep::What::nothing : UndoStep::What::already, std::move(part.why), {}, {}};
    case UndoPart::Kind::stays: return {UndoStep::What::stays, std::move(part.why), {}, {}};
    case UndoPart::Kind::errand: return plan_errand_back(hands, work, step);
    case UndoPart::Kind::resource: break;
  }
  return plan_resource(hands, source.run.steps[step].resource, *source.plans[step]);
}

}  // namespace

Input plan_undo(const Hands& hands, const DoUndoPlan& work) {
  UndoPlanned done{work.token, work.run, work.attempt, work.partial, work.source, {}};
  for (std::size_t i = 0; i < work.source->run.steps.size(); ++i) {
    done.steps.push_back(plan_step_back(hands, work, i));
  }
  return done;
}

}  // namespace aright::engine
