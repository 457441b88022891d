// Branches: which way a run takes, by what is known at once or by what its earlier steps came to (docs/decisions/0082).
#include <fmt/format.h>

#include "base/digest.h"
#include "engine/core.h"
#include "engine/errands.h"
#include "workflow/about.h"
#include "workflow/step_condition.h"

namespace aright::engine {

using workflow::RunInput;

/// A branch above it has taken the other way.
bool Core::is_left_out(const Workflow& w, std::size_t step, const Ways& ways) const {
  for (auto arm = w.steps.at(step).arm; arm; arm = w.steps.at(arm->of).arm) {
    const auto way = ways.find(arm->of);
    if (way == ways.end()) continue;
    if (arm->item ? *arm->item >= way->second : (way->second == 1) != arm->otherwise) return true;
  }
  return false;
}

/// Of named steps that have ended. `trusted`: without texts of output, which may be an outsider's.
Json Core::steps_so_far(const Run& r, std::size_t before, bool trusted) const {
  Json all = Json::object();
  const Workflow& w = *workflow_of(r);
  const auto written = outputs_.find(r.id);
  for (std::size_t i = 0; i < before && i < r.steps.size(); ++i) {
    const RunStep& s = r.steps[i];
    const bool ended = s.state == StepState::applied || s.state == StepState::verified;
    if (w.steps.at(i).name.empty()) continue;
    Json& one = all[w.steps[i].name] = Json::object();
    if (w.steps[i].ensure() != nullptr && (ended || !s.changes)) one["changed"] = s.changes;
    if (!s.is_errand() || !ended || !s.ran) continue;
    if (const auto* program = std::get_if<ProgramRun>(&*s.ran); program != nullptr && !program->signalled) {
      one["exit_code"] = program->number;
    }
    if (const auto* call = std::get_if<CallRun>(&*s.ran)) one["status"] = call->status;
    if (written == outputs_.end() || !written->second.contains(i)) continue;
    one["output"] = written->second.at(i);
    for (const auto& [name, field] : *w.steps[i].output()) {
      if (trusted && field.type == FieldType::text) one["output"].erase(name);
    }
  }
  return all;
}

Result<bool> Core::condition_holds(const Run& r, std::size_t step) const {
  const Workflow& w = *workflow_of(r);
  workflow::ConditionContext context;
  if (r.finding_was || projection_.findings().contains(r.finding)) {
    const Finding finding = finding_of(r);
    context.finding = workflow::about(finding);
    context.event = evidence_of(finding);
  }
  if (const Control* control = control_of(r)) context.control = workflow::about(*control);
  context.run = {{"id", r.id}, {"workflow", r.workflow}};
  context.steps = steps_so_far(r, step, false);
  context.now = now_;
  return workflow::holds(w.steps.at(step).branch()->when, context);
}

/// Decided at once where it can be: then only one arm is planned. Else both are, and what is approved is both.
std::optional<SealedPlan> Core::plan_branch(const Run& r, std::size_t step, Ways& ways) {
  const std::string& when = workflow_of(r)->steps.at(step).branch()->when;
  SealedPlan sealed;
  sealed.mac = sha256({"flow ", std::to_string(step), " when ", when});
  if (!workflow::known_at_once(when)) return sealed;
  const auto holds = condition_holds(r, step);
  if (!holds) {
    active_.at(r.id).refusal = fmt::format("whether `{}` holds cannot be told: {}", when, holds.error().message);
    return sealed;
  }
  ways[step] = *holds ? 0 : 1;
  sealed.state = StepState::passed;
  sealed.outcome = *holds ? "then" : "else";
  return sealed;
}

namespace {

/// Of one that counts as done. An end that was not as expected says nothing by what was written until then.
std::string why_no_output(const RunStep& s, const std::string& name) {
  if (!ended_as_expected(s)) {
    return fmt::format("; step `{}` has no output to go by: {}", name, s.outcome);
  }
  return fmt::format("; what step `{}` wrote was lost, since {}", name,
                     s.ran ? "its content is not stored any more" : "the daemon ended while it was at work");
}

/// Of steps that have ended, and what they wrote is not kept; empty: there are none.
std::string outputs_lost(const Run& r, const Workflow& w, const std::map<std::size_t, Json>* kept) {
  std::string lost;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (!r.steps[i].is_errand() || !r.steps[i].made() || w.steps.at(i).output() == nullptr) continue;
    if (kept != nullptr && kept->contains(i)) continue;
    lost += why_no_output(r.steps[i], w.steps[i].name);
  }
  return lost;
}

}  // namespace

/// When its turn comes.
void Core::decide_branch(const Run& r, std::size_t step) {
  const std::uint64_t id = r.id;
  const Workflow& w = *workflow_of(r);
  const auto holds = condition_holds(r, step);
  if (!holds) {
    const auto kept = outputs_.find(id);
    const auto lost = outputs_lost(r, w, kept == outputs_.end() ? nullptr : &kept->second);
    return hold(r, RunInput::foreign, "when",
                fmt::format("whether `{}` holds cannot be told: {}{}; no approval lets it go on: deny it. What was "
                            "done stays until then",
                            w.steps[step].branch()->when, holds.error().message, lost),
                {{"only_no", true}});
  }
  record("step.decided",
         {{"run", id}, {"step", step}, {"arm", *holds ? "then" : "else"}, {"skips", w.not_taken(step, !*holds)}});
  advance(id);
}

/// Keeps what a program wrote, or a server answered, for the steps after it, where its step declares that.
Result<Done> Core::take_output(const Run& r, std::size_t step, std::string_view written) {
  const Workflow* w = workflow_of(r);
  const OutputShape* shape = w == nullptr || step >= w->steps.size() ? nullptr : w->steps[step].output();
  if (r.undo || shape == nullptr) return Done{};
  auto output = read_output(*shape, written);
  if (!output) return std::unexpected(output.error());
  outputs_[r.id][step] = std::move(*output);
  return Done{};
}

}  // namespace aright::engine
