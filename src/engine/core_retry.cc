// Steps that are tried again within their run, and effects that the driver does not answer in time.
#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr std::string_view next_try_mark = "; again in ";
constexpr Nanos wait_max = std::chrono::minutes{1};  ///< its resources are locked while a run waits

/// Before the n-th try again, from 1.
Nanos wait_before(const Step::Retry& retry, std::uint32_t n) {
  Nanos wait = std::min<Nanos>(retry.wait, wait_max);
  for (std::uint32_t i = 1; i < n && wait < wait_max; ++i) wait = std::min(wait * 2, wait_max);
  return wait;
}

}  // namespace

/// Called when a step has failed and it is known how: never for what may have happened. True: it is tried again, and
/// its wait has begun, which a restart does not shorten. A mode lowered meanwhile, a pause or a waiver stops it as
/// before any effect.
bool Core::tries_again(const Run& r, std::uint32_t step, const std::string& why, Fields more) {
  const Workflow* w = workflow_of(r);
  if (w == nullptr || step >= w->steps.size()) return false;
  const Step::Retry& retry = w->steps[step].retry;
  const std::uint32_t failed = r.steps[step].tries + 1;
  if (failed > retry.times || !r.cancel_asked.empty() || r.state == RunState::rolling_back) return false;
  const Nanos wait = wait_before(retry, failed);
  more["tries"] = failed;
  more["again_in_ms"] = wait / std::chrono::milliseconds{1};
  const std::uint64_t id = r.id;
  step_state(r, step, StepState::planned,
             fmt::format("try {} of {} failed: {}{}{}, at {}", failed, retry.times + 1, why, next_try_mark,
                         format_duration(wait), rfc3339(now_.wall + wait)),
             std::move(more));
  active_.at(id).try_due = now_.boot + wait;
  timers_.emplace(now_.boot + wait, RunAgain{id});
  static_cast<void>(waits_for_try(*run(id)));  // said from now on
  return true;
}

/// True: the next try of one of its steps is not due yet, and its timer runs. After a restart what is left is reckoned
/// once, by the smaller of both clocks as of a step `wait`; from then on the boot clock alone decides, so that no wait
/// lasts longer than it was to from the start on. What a waiver takes back, or a person has cancelled, does not wait.
bool Core::waits_for_try(const Run& r) {
  const auto active = active_.find(r.id);
  const auto step = std::ranges::find_if(r.steps, [](const RunStep& s) { return s.again.has_value(); });
  if (active == active_.end() || step == r.steps.end()) return false;
  std::optional<Nanos>& due = active->second.try_due;
  if (!due) {
    due = now_.boot + step->again->length - elapsed(step->again->since, now_);
    if (*due > now_.boot) timers_.emplace(*due, RunAgain{r.id});
  }
  waits_.erase(r.id);
  const bool stopped = r.state == RunState::rolling_back || !r.cancel_asked.empty() || waiver_of(r) != nullptr;
  if (stopped || *due <= now_.boot) return false;
  const std::string& said = step->outcome;
  waits_[r.id] = fmt::format("waits until {} for the next try of step {} of {} ({}): {}",
                             rfc3339(now_.wall + (*due - now_.boot)), step - r.steps.begin() + 1, r.steps.size(),
                             step->resource.text(), said.substr(0, said.rfind(next_try_mark)));
  return true;
}

/// The run is taken up again, whatever it is at; until then it is not under way.
void Core::again_in(const Run& r, Nanos wait) {
  if (r.state == RunState::rolling_back) active_[r.id].undo_waits = true;
  timers_.emplace(now_.boot + wait, RunAgain{r.id});
}

/// Only for a step that states a limit: a timer for each effect would be in the way of many quick ones.
void Core::limit_time(const Run& r, std::size_t step) {
  const Workflow* w = workflow_of(r);
  const Step::Ensure* ensure = w == nullptr || step >= w->steps.size() ? nullptr : w->steps[step].ensure();
  if (ensure == nullptr || !ensure->time_limit) return;
  timers_.emplace(now_.boot + *ensure->time_limit, EffectLate{r.id, active_.at(r.id).effect});
}

/// The effect may still happen: a person's question. An answer that comes after all is dropped as late.
void Core::late(const EffectLate& effect) {
  const Run* r = run(effect.run);
  const auto active = active_.find(effect.run);
  if (r == nullptr || active == active_.end() || active->second.effect != effect.effect) return;
  doubt(*r, "the driver has not answered within the step's time limit; what it was asked to do may still happen");
}

}  // namespace aright::engine
