#include "engine/perform.h"

#include "base/digest.h"
#include "engine/errands.h"
#include "engine/protected_targets.h"

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

}  // namespace

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

namespace {

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
  done.touches = protected_target(hands, work.resource);
  auto driver = driver_for(hands, work.resource.driver);
  auto plan = driver ? plan_desired(**driver, work.resource, work.desired, work.context)
                     : Result<Plan>(std::unexpected(driver.error()));
  // Still as the run made it: then its plan is the one it was made by, which knows the state before.
  done.for_good = !plan && names_withheld(work.desired, work.context);
  if (plan && done.touches.empty()) done.touches = protected_target(hands, work.desired, *plan);
  const bool made = plan && work.made && plan->empty() && plan->before.fields == work.made->after.fields;
  if (made) plan = *work.made;
  done.plan = plan ? sealed(hands, work.resource, std::move(*plan)) : Result<SealedPlan>(std::unexpected(plan.error()));
  if (done.plan) done.plan->made = made;
  return done;
}

Input carry_out(const Hands& hands, const DoApply& work) {
  ApplyDone done{work.run, work.step, work.undo, work.recovering, {}, {}};
  auto driver = driver_for(hands, work.request->resource.driver);
  const auto paused = [&] { return !hands.gate->lets(work.workflow, work.request->resource.driver); };
  const Error not_begun{Errc::paused, Retry::yes, "paused before the effect; nothing was touched"};
  if (paused()) {
    done.outcome = std::unexpected(not_begun);
  } else if (!driver) {
    done.outcome = std::unexpected(driver.error());
  } else if (auto seen = work.recovering ? (*driver)->read(work.request->resource) : Result<State>(State{}); !seen) {
    done.outcome = std::unexpected(seen.error());  // what may have happened is not repeated unseen
  } else if (work.recovering && paused()) {        // the reading may have taken long
    done.outcome = std::unexpected(not_begun);
  } else {
    done.outcome = (*driver)->apply(*work.request);
  }
  done.read_back = read(hands, work.request->resource);  // whatever the driver says: only what is read counts
  return done;
}

Input carry_out(const Hands& hands, const DoVerify& work) {
  return VerifyDone{work.run, work.step, work.undo, read(hands, work.resource)};
}

Result<SealedPlan> sealed_errand(const Hands& hands, const DoErrandPlan& work, PlanDone& done) {
  workflow::ErrandContext context = work.context;
  if (names_resource(work.errand)) {
    auto state = read(hands, context.subject);
    if (!state) return std::unexpected(state.error());
    context.resource = std::move(*state);
  }
  auto plan = plan_errand(work.errand, context);
  done.for_good = !plan && !context.resource;  // nothing of what it is made from changes
  if (!plan) return std::unexpected(plan.error());
  done.touches = protected_target(hands, work, *plan);
  const bool sensitive = is_sensitive(work.errand) || (context.resource && context.resource->sensitive);
  Plan change;
  change.after = State{plan->to_json(), sensitive};
  auto out = sealed(hands, plan->resource(false), std::move(change));
  if (!out) return out;
  out->difference = difference(State{}, State{plan->shown(), sensitive});
  out->made = work.made && work.made->after.fields == out->plan.after.fields;
  return out;
}

Input carry_out(const Hands& hands, const DoErrandPlan& work) {
  PlanDone done{work.run, work.step, work.attempt, {}, false};
  done.plan = sealed_errand(hands, work, done);
  return done;
}

Input carry_out(const Hands& hands, const DoErrand& work) {
  return ErrandDone{work.run, work.step, work.looks, work.recovering, do_errand(hands, work)};
}

Input carry_out(const Hands& hands, const DoUndoPlan& work) { return plan_undo(hands, work); }

Input carry_out(const Hands& hands, const DoFormer& work) {
  return FormerDone{work.run, work.step, find_former(hands, work)};
}

Input carry_out(const Hands& hands, const DoNotify& work) {
  Notified done{work.notification->id, fail(Errc::unavailable, "there is nobody to tell it", Retry::yes)};
  if (hands.notify != nullptr) done.outcome = hands.notify->deliver(*work.notification);
  return done;
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
