#include "engine/perform.h"

#include <algorithm>

#include "base/digest.h"
#include "guard/targets.h"
#include "model/content.h"
#include "workflow/filled_texts.h"

namespace aright::engine {

namespace {

Result<Driver*> driver_for(const Hands& hands, const std::string& kind) {
  const auto found = hands.drivers.find(kind);
  if (found == hands.drivers.end()) return fail(Errc::invalid, "no driver for resource " + kind);
  return found->second;
}

Result<State> read(const Hands& hands, const ResourceId& id) {
  auto driver = driver_for(hands, id.driver);
  if (!driver) return std::unexpected(driver.error());
  return (*driver)->read(id);
}

Result<SealedPlan> sealed(const Hands& hands, const ResourceId& id, Plan plan) {
  auto before = seal(plan.before, hands.salt());
  if (!before) return std::unexpected(before.error());
  auto after = seal(plan.after, hands.salt());
  if (!after) return std::unexpected(after.error());
  const std::string text = id.text() + '\0' + before->bytes + '\0' + after->bytes;
  SealedPlan out{.plan = std::move(plan),
                 .before = std::move(*before),
                 .after = std::move(*after),
                 .difference = Json::array(),
                 .mac = hmac_sha256(hands.plan_key, text),
                 .outcome = {}};
  out.difference = difference(out.plan.before, out.plan.after);
  return out;
}

Input carry_out(const Hands& hands, const DoRead& work) {
  return ReadDone{work.resource, work.generation, read(hands, work.resource)};
}

Input carry_out(const Hands& hands, const DoLook& work) {
  return LookDone{work.token, work.resource, read(hands, work.resource)};
}

Input carry_out(const Hands& hands, const DoList& work) {
  auto driver = driver_for(hands, work.driver);
  ListDone done{work.control, work.source, work.offset, {}};
  done.ids = driver ? (*driver)->list(work.select) : Result<std::vector<std::string>>(std::unexpected(driver.error()));
  return done;
}

Input carry_out(const Hands& hands, const DoPlan& work) {
  PlanDone done{work.run, work.step, work.attempt, {}, false};
  auto driver = driver_for(hands, work.resource.driver);
  auto plan = driver ? plan_desired(**driver, work.resource, work.desired, work.context)
                     : Result<Plan>(std::unexpected(driver.error()));
  // Still as the run made it: then its plan is the one it was made by, which knows the state before.
  const bool made = plan && work.made && plan->empty() && plan->before.fields == work.made->after.fields;
  if (made) plan = *work.made;
  done.plan = plan ? sealed(hands, work.resource, std::move(*plan)) : Result<SealedPlan>(std::unexpected(plan.error()));
  if (done.plan) done.plan->made = made;
  return done;
}

Input carry_out(const Hands& hands, const DoApply& work) {
  ApplyDone done{work.run, work.step, work.undo, work.recovering, {}, {}};
  auto driver = driver_for(hands, work.request->resource.driver);
  if (!hands.gate->is_open()) {
    done.outcome = fail(Errc::paused, "paused before the effect; nothing was touched", Retry::yes);
  } else if (!driver) {
    done.outcome = std::unexpected(driver.error());
  } else if (auto seen = work.recovering ? (*driver)->read(work.request->resource) : Result<State>(State{}); !seen) {
    done.outcome = std::unexpected(seen.error());  // what may have happened is not repeated unseen
  } else {
    done.outcome = (*driver)->apply(*work.request);
  }
  done.read_back = read(hands, work.request->resource);  // whatever the driver says: only what is read counts
  return done;
}

Input carry_out(const Hands& hands, const DoVerify& work) {
  return VerifyDone{work.run, work.step, work.undo, read(hands, work.resource)};
}

/// What a plan shows to whoever decides: names of variables without their values, no input.
Json program_difference(const ProgramPlan& plan, bool sensitive) {
  const Json whole = plan.to_json();
  Json shown = whole;
  shown.erase("input");
  shown["environment"] = Json::array();
  for (const auto& [name, value] : plan.request.environment) shown["environment"].push_back(name);
  if (plan.confirm) shown["confirm"] = plan.confirm->request.arguments;
  return difference(State{}, State{std::move(shown), sensitive});
}

/// The machine is looked at only where an address is named.
std::string protected_target(const Hands& hands, const DoProgramPlan& work, const ProgramPlan& plan) {
  std::vector<std::string> texts = workflow::filled_texts(work.exec, plan.request);
  const ResourceId& subject = work.context.subject;
  if (!hands.drivers.contains(subject.driver)) texts.push_back(subject.id);  // it is on standard input
  if (std::ranges::all_of(texts, [](const std::string& text) { return guard::addresses_in(text).empty(); })) return {};
  const Surroundings around = hands.around == nullptr ? Surroundings{} : hands.around->read();
  const auto verdict = guard::protected_address(texts, around);
  const auto* hold = std::get_if<guard::Hold>(&verdict);
  return hold == nullptr ? std::string() : hold->reason;
}

Result<SealedPlan> sealed_program(const Hands& hands, const DoProgramPlan& work, PlanDone& done) {
  workflow::ProgramContext context = work.context;
  if (workflow::names_resource(work.exec)) {
    auto state = read(hands, context.subject);
    if (!state) return std::unexpected(state.error());
    context.resource = std::move(*state);
  }
  auto plan = workflow::plan_program(work.exec, context);
  done.for_good = !plan && !context.resource;  // nothing of what it is made from changes
  if (!plan) return std::unexpected(plan.error());
  done.touches = protected_target(hands, work, *plan);
  const bool sensitive = work.exec.sensitive || (context.resource && context.resource->sensitive);
  Plan change;
  change.after = State{plan->to_json(), sensitive};
  auto out = sealed(hands, {program_driver, plan->request.arguments.front()}, std::move(change));
  if (!out) return out;
  out->difference = program_difference(*plan, sensitive);
  out->made = work.made && work.made->after.fields == out->plan.after.fields;
  return out;
}

Input carry_out(const Hands& hands, const DoProgramPlan& work) {
  PlanDone done{work.run, work.step, work.attempt, {}, false};
  done.plan = sealed_program(hands, work, done);
  return done;
}

Result<ProgramEnd> run_program(const Hands& hands, const DoExec& work) {
  if (!hands.gate->is_open()) return fail(Errc::paused, "paused before the start; nothing was started", Retry::yes);
  if (hands.programs == nullptr) return fail(Errc::invalid, "nothing here can run programs");
  auto outcome = hands.programs->run(*work.request);
  if (!outcome) return std::unexpected(outcome.error());
  const State written{{{"output", content_json(outcome->output.kept)}, {"errors", content_json(outcome->errors.kept)}},
                      work.sensitive};
  auto blob = seal(written, hands.salt());
  if (!blob) return fail(Errc::timeout, "what it wrote cannot be recorded: " + blob.error().message);
  return ProgramEnd{std::move(*outcome), std::move(*blob)};
}

Input carry_out(const Hands& hands, const DoExec& work) {
  return ExecDone{work.run, work.step, work.confirms, work.recovering, run_program(hands, work)};
}

Input carry_out(const Hands& hands, const DoSnapshot& work) {
  SnapshotDone done{work.snapshot->number, fail(Errc::invalid, "there is nowhere to put them")};
  if (hands.snapshots != nullptr) done.written = put_aside(*hands.snapshots, *work.snapshot);
  return done;
}

}  // namespace

Input perform(const Hands& hands, const Work& work) {
  return std::visit([&](const auto& w) { return carry_out(hands, w); }, work);
}

}  // namespace aright::engine
