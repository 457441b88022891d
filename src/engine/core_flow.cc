// Steps that steer a run instead of changing something. While a run waits nothing is its own; then it goes on as if it
// were planned for the first time, but for what it has made (docs/decisions/0081).
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// However many waits are over at once, after a restart for example: new findings keep half of the room.
constexpr std::size_t waited_at_once = 64;
constexpr Nanos clock_step = std::chrono::seconds{5};  ///< less than that is no other time to a person

/// By the smaller of both clocks, so that one that jumps ahead ends no wait. What a waiver takes back does not wait.
Nanos still_to_wait(const Run& r, bool waived, const Now& now) {
  return waived ? Nanos::zero() : r.wait->length - elapsed(r.wait->since, now);
}

Digest digest_of(const std::string& text) {
  Digest digest{};
  if (const auto bytes = unhex(text); bytes && bytes->size() == digest.size()) {
    std::ranges::copy(as_bytes(*bytes), digest.begin());
  }
  return digest;
}

}  // namespace

void Core::steer(const Run& r, std::size_t step) {
  const Workflow* w = workflow_of(r);
  if (w == nullptr || step >= w->steps.size()) return doubt(r, "its definition is no longer stored");
  if (const Step::Wait* wait = w->steps[step].wait()) return begin_wait(r, step, wait->length);
  if (w->steps[step].notify() != nullptr) return notify_step(r, step);
  if (w->steps[step].approve() != nullptr) return Reviewing(*this).ask_for_step(r);
  decide_branch(r, step);
}

void Core::begin_wait(const Run& r, std::size_t step, Nanos length) {
  const std::uint64_t id = r.id;
  Fields more{{"step", step}, {"wait_ms", length / std::chrono::milliseconds{1}}};
  if (!r.answered.empty()) more["answered"] = true;  // what somebody has let go on goes on
  const std::string why = fmt::format("waits {}, until {}", format_duration(length), rfc3339(now_.wall + length));
  if (!move(r, RunInput::wait, why, std::move(more))) return;
  rests(id);
  unlock(id);
  time_wait(*run(id));
}

void Core::time_wait(const Run& r) {
  const Nanos left = still_to_wait(r, waiver_of(r) != nullptr, now_);
  waits_.erase(r.id);
  if (left <= Nanos::zero()) {
    wait_due_.erase(r.id);
    waited_.insert(r.id);
    return;
  }
  const WallTime until = now_.wall + left;
  const bool as_said = std::chrono::abs(until - (r.wait->since.wall + r.wait->length)) <= clock_step;
  if (!as_said) waits_[r.id] = fmt::format("waits until {}, since a clock was set meanwhile", rfc3339(until));
  wait_due_[r.id] = now_.boot + left;
  timers_.emplace(now_.boot + left, WaitOver{r.id});
}

/// A clock has been set: what was reckoned from it is reckoned anew.
void Core::time_waits() {
  for (const auto& [id, r] : projection_.runs()) {
    if (r.wait && wait_due_.contains(id)) time_wait(r);
    static_cast<void>(waits_for_try(r));  // when that is, as the clock says it now
  }
}

void Core::wait_over(std::uint64_t id) {
  const auto due = wait_due_.find(id);
  if (due == wait_due_.end() || due->second > now_.boot) return;  // another timer has taken its place
  if (const Run* r = run(id); r != nullptr && r->wait) time_wait(*r);
}

/// Oldest first, through the same limits as new ones, before those: a flood of new ones does not keep them waiting.
void Core::start_waited() {
  if (draining_ || !blocked().empty()) return;
  for (auto it = waited_.begin(); it != waited_.end() && continued_.size() < waited_at_once;) {
    const std::uint64_t id = *it;
    const Run* r = run(id);
    if (r == nullptr || !r->wait || try_continue(*r)) waited_.erase(id);
    it = waited_.upper_bound(id);
  }
}

bool Core::try_continue(const Run& r) {
  const std::uint64_t id = r.id;
  waits_.erase(id);
  if (still_to_wait(r, waiver_of(r) != nullptr, now_) > Nanos::zero()) {  // the waiver is over before it could go on
    time_wait(r);
    return true;
  }
  if (is_blocked(r)) return false;
  if (std::string why = finds_no_room(r); !why.empty()) {
    waits_[id] = std::move(why);
    return false;
  }
  if (!takes_locks(r)) return false;
  continued_.insert(id);
  const bool early = still_to_wait(r, false, now_) > Nanos::zero();
  const Waiver* waiver = early ? waiver_of(r) : nullptr;
  std::string why;
  Fields more;
  if (waiver != nullptr) {
    why = waiver->text() + " is in force: it waits no longer";
    more["outcome"] = fmt::format("not waited to its end: {} is in force", waiver->text());
  }
  if (move(r, RunInput::wait_over, why, std::move(more))) ask_plans(*run(id));
  return true;
}

/// The plan of a step that nobody has to be asked for; nothing: a driver has to be. What is behind the run stays: what
/// steered it, and of one that goes on a program too, whatever its request would be by now. `ways` grows with each
/// branch.
std::optional<SealedPlan> Core::plan_without_asking(const Run& r, std::size_t step, Ways& ways) {
  const Workflow* w = workflow_of(r);
  if (w == nullptr) return std::nullopt;
  const RunStep* before = step < r.steps.size() ? &r.steps[step] : nullptr;
  const bool asked = before != nullptr && r.continues && Projection::asked_step(r) == step;
  const bool ended = before != nullptr && r.continues && before->is_errand() && before->made();
  const bool steered = before != nullptr && before->is_over() && !before->made();
  SealedPlan sealed;
  if (ended || steered || asked) {
    if (before->state == StepState::passed) note_way(w->steps.at(step), *before, step, ways);
    sealed.kept = true;
    sealed.mac = digest_of(before->mac);
    return sealed;
  }
  if (is_left_out(*w, step, ways)) {
    sealed.state = StepState::skipped;
    sealed.mac = sha256({"flow ", std::to_string(step), " skipped"});
    return sealed;
  }
  if (w->steps.at(step).branch() != nullptr) return plan_branch(r, step, ways);
  if (w->steps.at(step).for_each() != nullptr) return plan_for_each(r, step, ways);
  if (is_open(r, step, ways)) return open_plan(step);
  if (const Step::Notify* told = w->steps.at(step).notify()) {
    sealed.mac = sha256({"flow ", std::to_string(step), " notify ", told->to, " ", told->title, "\n", told->text});
    return sealed;
  }
  if (const Step::Approve* its = w->steps.at(step).approve()) {
    sealed.mac = sha256({"flow ", std::to_string(step), " approve ", its->team, " ", its->text});
    return sealed;
  }
  if (w->steps.at(step).wait() == nullptr) return std::nullopt;
  sealed.mac = sha256({"flow ", std::to_string(step), " wait ", format_duration(w->steps[step].wait()->length)});
  return sealed;
}

/// It was admitted before its wait, and is not counted again. What a person approved must be what is left; what it
/// made must be there as it made it: whoever changed it may have had a reason. Where a waiver has come, nothing is left
/// to be asked: what it made is taken back.
void Core::decide_continued(const Run& r, const Workflow& w) {
  const std::uint64_t id = r.id;
  Active& active = active_.at(id);
  std::string changed;
  for (std::size_t i = 0; i < r.steps.size() && i < active.replies.size(); ++i) {
    const bool there = active.replies[i]->made || active.replies[i]->kept;
    if (r.steps[i].made() && !there) changed = r.steps[i].resource.text();
  }
  record_plan(r, active);
  const Run& planned = *run(id);
  if (waiver_of(planned) != nullptr) {
    if (move(planned, RunInput::go_on, "", planned_on(planned))) advance(id);
    return;
  }
  if (!changed.empty()) {
    return hold_with_plan(planned, w, "foreign-change",
                          changed +
                              " was changed by somebody else while the run waited; left untouched, and a yes does "
                              "what is planned now");
  }
  // A yes to what could not be planned is none to what now can.
  const auto answered = Projection::asked_step(planned);
  if (answered && planned.approved_plan.empty()) return Reviewing(*this).hold_for_step(planned, *answered);
  const bool as_approved = planned.approved_plan == plan_hash(planned, active);
  if (const auto step = Reviewing(*this).asks_next(planned); step && (!answered || as_approved)) {
    return Reviewing(*this).hold_for_step(planned, *step, as_approved);
  }
  const bool asked = mode_of(planned) == Mode::propose || !planned.approved_plan.empty();
  if (asked && planned.approved_plan.empty()) {
    return hold_with_plan(planned, w, "mode", "workflow is in mode propose: a person approves what is left");
  }
  if (asked && planned.approved_plan != plan_hash(planned, active)) {
    const char* was = planned.approved_plan == asked_anew_plan ? "shown" : "approved";
    return hold_with_plan(planned, w, "approval",
                          fmt::format("what is left is not as it was {}; this is what it is now", was));
  }
  if (move(planned, RunInput::go_on, "", planned_on(planned))) advance(id);
}

}  // namespace aright::engine
