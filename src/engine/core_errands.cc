// Errands, programs and calls: their plan, intention, end, and the second one that looks whether it is there. Nothing
// of them can be read back, so what nobody confirms stays unverified, and what nobody knows is a person's question.
#include <fmt/format.h>

#include "engine/core.h"
#include "engine/errands.h"
#include "workflow/about.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr auto looks_again_in = std::chrono::milliseconds{100};
constexpr std::size_t entry_request_max = 1024;  ///< bytes of it kept in an entry (which holds 4 KiB)

/// What is asked for as the intention names it; what does not fit or is kept back lies in the plan's blob.
void add_request(Fields& entry, Json announced, bool sensitive) {
  const auto text = canonical_json(announced);
  const bool kept = !sensitive && text && text->size() <= entry_request_max;
  if (announced.contains("arguments")) {
    Json& arguments = announced["arguments"];
    if (kept) {
      entry["arguments"] = std::move(arguments);
    } else {
      entry["arguments_omitted"] = arguments.size();
    }
  } else if (kept) {
    entry["method"] = std::move(announced["method"]);
    entry["url"] = std::move(announced["url"]);
  } else {
    entry["url_omitted"] = true;
  }
}

}  // namespace

/// What an errand may be told. `with_steps`: also what earlier steps came to.
workflow::ErrandContext Core::errand_context(const Run& r, std::size_t step, bool with_steps) const {
  workflow::ErrandContext context;
  context.subject = subject_parts(r.subject);
  const Finding finding = finding_of(r);
  context.finding = workflow::about(finding);
  context.subject_typed = finding.subject_typed;
  if (const Event* event = evidence_of(finding)) context.event = *event;
  if (const Control* control = control_of(r)) context.control = workflow::about(*control);
  context.run = {{"id", r.id}, {"workflow", r.workflow}, {"key", step_key(projection_.epochs().current(), r.id, step)}};
  context.each = value_for(r, step);
  if (!with_steps) return context;
  context.steps = steps_so_far(r, step, false);
  context.trusted_steps = steps_so_far(r, step, true);
  return context;
}

void Core::ask_errand_plan(const Run& r, std::uint32_t step, ErrandStep errand, std::shared_ptr<const Plan> made) {
  auto context = errand_context(r, step, names_steps(errand));
  out_.work.emplace_back(DoErrandPlan{r.id, step, r.plans, std::move(errand), std::move(context), std::move(made)});
}

/// Nothing where its content has been erased.
std::optional<ErrandPlan> Core::errand_plan(const Run& r, std::size_t step) const {
  const auto active = active_.find(r.id);
  if (active == active_.end() || step >= active->second.plans.size()) return std::nullopt;
  auto plan =
      ErrandPlan::from_json(r.steps[step].resource.driver, active->second.plans[step].after.fields, r.step_key(step));
  if (!plan) return std::nullopt;
  return std::move(*plan);
}

/// `recovering`: of one that looks, that nobody knows what the step's errand came to.
void Core::start_errand(const Run& r, std::size_t step, bool looks, bool recovering) {
  auto known = errand_plan(r, step);
  if (!known || (looks && !known->is_confirmed())) return doubt(r, "the recorded content of its plan has been erased");
  if (!take_turn(r, {step, looks, recovering})) return;
  Active& active = active_.at(r.id);
  const bool sensitive = active.plans[step].after.sensitive;
  const auto plan = std::make_shared<const ErrandPlan>(std::move(*known));
  Fields entry{{"run", r.id},
               {"step", step},
               {"state", name(looks ? r.steps[step].state : StepState::intended)},
               {"resource", plan->resource(looks).text()},
               {"plan_commitment", r.steps[step].after.id},
               {"key", plan->key(looks)},
               {"time_limit_ms", plan->time_limit(looks) / std::chrono::milliseconds{1}}};
  add_request(entry, plan->announced(looks), sensitive);
  active.errand = true;
  if (const auto written = outputs_.find(r.id); !looks && written != outputs_.end()) written->second.erase(step);
  record(looks ? "step.confirming" : "step.intended", std::move(entry));
  ++figures_.effects;
  out_.work.emplace_back(DoErrand{r.id, static_cast<std::uint32_t>(step), looks, recovering, sensitive, r.workflow,
                                  plan, cause_token(key_, r.id, projection_.epochs())});
}

/// Its own run goes first: one that looks follows the one it looks at.
void Core::on(ErrandDone& done) {
  turns_.give_back(done.run);
  errand_answered(done);
  next_turns();
}

void Core::errand_answered(const ErrandDone& done) {
  const Run* r = run(done.run);
  const auto active = active_.find(done.run);
  const bool known = r != nullptr && active != active_.end() && done.step < r->steps.size() &&
                     r->steps[done.step].is_errand() && std::exchange(active->second.errand, false);
  if (!known) {
    ++figures_.late_messages;
    return;
  }
  if (done.end) out_.blobs.push_back(done.end->output);
  if (!done.end && done.end.error().code == Errc::paused) {
    if (!done.looks) return not_begun(*r, done.step, done.end.error().message);
    if (!draining_) again_in(*r, looks_again_in);
    return;
  }
  done.looks ? looked(*r, done) : errand_ended(*r, done);
}

namespace {

/// That there was more than is kept, which is no output as declared then; empty: there was not.
std::string cut_off(const ErrandEnd& end) {
  const auto total = std::visit([](const auto& one) { return one.output_total; }, end.ran);
  if (total <= end.written.size()) return {};
  return fmt::format(
      "only the first {} of {} bytes of its output are kept, which say nothing by themselves: `output_max` of its step "
      "says how many",
      end.written.size(), total);
}

}  // namespace

void Core::errand_ended(const Run& r, const ErrandDone& done) {
  const std::uint64_t id = r.id;
  if (!done.end) return errand_failed(r, done.step, done.end.error());
  const auto plan = errand_plan(r, done.step);
  if (!plan) return doubt(r, "the recorded content of its plan has been erased");
  auto [came, told] = done.end->verdict;
  if (came == Came::done) {
    if (auto ok = take_output(r, done.step, done.end->written); !ok) {
      // A server has taken what it was sent, and another run would send it under another key (docs/decisions/0091).
      came = plan->is_request() && !plan->only_asks() ? Came::unclear : Came::otherwise;
      const std::string cut = cut_off(*done.end);
      told = cut.empty() ? ok.error().message : cut;
    }
  }
  const Fields more{{"ran", errand_run_to_json(done.end->ran)}};
  const bool ends_here = came == Came::otherwise && !plan->is_confirmed();
  if (ends_here && plan->only_asks() && tries_again(r, done.step, told, more)) return;
  StepState state = StepState::failed;
  if (came == Came::done) {
    state = StepState::applied;
  } else if (came == Came::unclear || plan->is_confirmed()) {
    state = StepState::intended;
  }
  step_state(r, done.step, state, told, more);
  if (plan->is_confirmed()) return look(*run(id), done.step, false);
  if (came == Came::done) return advance(id);
  if (came == Came::unclear) return doubt(*run(id), told + "; what it did until then is not known");
  step_failed(*run(id), told);
}

/// It could not be started; or it could, and nobody knows more.
void Core::errand_failed(const Run& r, std::uint32_t step, const Error& error) {
  const std::uint64_t id = r.id;
  if (error.code == Errc::timeout || error.code == Errc::conflict) return doubt(r, error.message);
  if (tries_again(r, step, "not started: " + error.message)) return;
  step_state(r, step, StepState::failed, "not started: " + error.message);
  step_failed(*run(id), error.message);
}

/// Begins the one that looks. It is an errand too: announced, and none while nothing may begin.
void Core::look(const Run& r, std::size_t step, bool recovering) {
  if (draining_ || waits_for_outlived(r)) return;  // durable as it is; looked at after the start
  if (const std::string why = blocked(r, r.steps[step].resource.driver); !why.empty()) {
    if (r.state == RunState::rolling_back) return undo_waits(r, why);
    move(r, RunInput::pause, why);
    return;
  }
  if (const std::string why = why_not_act(r); !why.empty()) {
    return doubt(r, fmt::format("{}: what {} did is not confirmed", why, r.steps[step].resource.text()));
  }
  start_errand(r, step, true, recovering);
}

void Core::looked(const Run& r, const ErrandDone& done) {
  const std::uint64_t id = r.id;
  const std::uint32_t step = done.step;
  const StepState before = r.steps[step].state;
  const auto plan = errand_plan(r, step);
  if (!plan || !plan->is_confirmed()) return doubt(r, "the recorded content of its plan has been erased");
  if (!done.end) return doubt(r, "whether it is there cannot be confirmed: " + done.end.error().message);
  const auto& [came, told] = done.end->verdict;
  const Fields more{{"looked", errand_run_to_json(done.end->ran)}};
  const std::string earlier = r.steps[step].outcome;
  if (came == Came::done) {
    const bool against = before == StepState::intended && !earlier.empty();
    step_state(r, step, StepState::verified,
               against ? confirmed_against + earlier : "confirmed" + (earlier.empty() ? "" : "; " + earlier), more);
    return advance(id);
  }
  if (came != Came::absent) {
    step_state(r, step, before, earlier, more);
    return doubt(*run(id), "whether it is there cannot be confirmed: " + told);
  }
  if (done.recovering && before == StepState::intended) {  // certainly not there: the same once more, with the same key
    step_state(r, step, StepState::planned, "not there after an interruption: " + told, more);
    return advance(id);
  }
  const std::string why =
      before == StepState::applied ? "ended as expected, but what it should do is not there" : earlier;
  if (tries_again(r, step, why, more)) return;
  step_state(r, step, StepState::failed, why, more);
  step_failed(*run(id), why);
}

/// Its end, or what the one that looks says, is still to come.
bool Core::errand_open(const Run& r, std::size_t step) const {
  const StepState state = r.steps[step].state;
  if (state == StepState::intended) return true;
  const auto plan = errand_plan(r, step);
  return state == StepState::applied && plan && plan->is_confirmed();
}

/// An intention without an end. Without a way to look, nobody knows, and it is never started again unseen.
void Core::recover_errand(const Run& r, std::size_t step) {
  const auto plan = errand_plan(r, step);
  if (!plan) return doubt(r, "the recorded content of its plan has been erased");
  if (plan->is_confirmed()) return look(r, step, true);
  const auto& outlived = active_.at(r.id).outlived;
  if (outlived && outlived->step == step && outlived->was_at_work) {
    return doubt(
        r, fmt::format("interrupted while {} was at work; it has ended since: whether it did its work is not known",
                       r.steps[step].resource.text()));
  }
  doubt(r, fmt::format("interrupted after {} was announced: whether it was started, and did its work, is not known",
                       r.steps[step].resource.text()));
}

}  // namespace aright::engine
