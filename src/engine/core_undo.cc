// Taking back what a failed run made, and going on after a restart or a pause.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr std::string_view undo_waits_mark = "; the undo waits: ";

std::string without_mark(const std::string& reason) { return reason.substr(0, reason.find(undo_waits_mark)); }

}  // namespace

/// The next step back. A step whose undo failed or is not ours to undo stays as it is and does not keep the others.
void Core::roll_back_next(std::uint64_t id) {
  const Run& r = *run(id);
  for (const std::size_t i : order_of(r, true)) {
    if (!r.steps[i].changes || r.steps[i].state != StepState::verified) continue;
    if (r.steps[i].is_errand()) continue;  // what an errand did, only a person can take back
    if (draining_) return;                 // durable as it is; goes on after the start
    if (const std::string why = blocked(r, r.steps[i].resource.driver); !why.empty()) return undo_waits(r, why);
    if (mode_of(r) < Mode::propose) {
      return hold(r, RunInput::undo_failed, "mode",
                  fmt::format("{}; the mode had become {}: the rest is not undone", r.reason, name(mode_of(r))));
    }
    return apply_step(r, i, true, false);
  }
  rolled_back(r);
}

/// What a rollback has left, each with a `; ` before it; empty: all is undone.
std::string Core::not_taken_back(const Run& r) const {
  std::string left;
  const Workflow* w = r.undo ? nullptr : workflow_of(r);
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const RunStep& s = r.steps[i];
    if (is_at_end(r, i)) continue;
    const bool declared = w != nullptr && i < w->steps.size() && s.is_errand();
    if (declared && w->steps[i].leaves_nothing()) continue;
    if (s.is_errand() && (s.state == StepState::applied || s.state == StepState::verified)) {
      left += fmt::format("; {}: what {} did is not undone by itself", s.resource.text(),
                          s.resource.driver == call_driver ? "a call" : "a program");
      continue;
    }
    if (s.state != StepState::undo_intended && s.state != StepState::undo_failed && s.state != StepState::foreign) {
      continue;
    }
    left += fmt::format("; {}: {}", s.resource.text(), s.outcome);
  }
  return left;
}

void Core::rolled_back(const Run& r) {
  if (begin_finally(r, r.reason)) return;
  std::string left = not_taken_back(r);
  const bool undone = left.empty();
  const bool unknown = undo_in_doubt(r);
  left += finally_told(r);
  if (undone) {
    move(r, RunInput::undone, r.reason + left);
  } else if (unknown) {
    doubt(r, r.reason + "; whether all of it is undone is not known" + left);
  } else {
    hold(r, RunInput::undo_failed, "rollback", r.reason + "; not everything could be undone" + left);
  }
}

/// Recorded once a pause; `resumed` takes the run up again.
void Core::undo_waits(const Run& r, const std::string& why) {
  const std::uint64_t id = r.id;
  if (r.reason.find(undo_waits_mark) == std::string::npos) {
    move(r, RunInput::pause, clip_text(r.reason, 800) + std::string(undo_waits_mark) + why);
  }
  active_[id].undo_waits = true;
}

/// The undo could not be seen to have happened. Our own state is left for the review, another's is left untouched.
void Core::not_undone(const Run& r, std::uint32_t step, Seen seen, const std::string& trouble) {
  const std::uint64_t id = r.id;
  const Active& active = active_.at(id);
  const std::string said = active.error ? active.error->message : "the undo did not last";
  const bool begun = !active.error || active.error->code != Errc::paused || active.recovering;
  if (!begun || (active.error && active.error->code == Errc::paused && seen == Seen::origin)) {
    step_state(r, step, StepState::verified, "undo not begun: " + said);
    if (draining_) return;
    const std::string why = blocked(*run(id), run(id)->steps[step].resource.driver);
    if (!why.empty()) return undo_waits(*run(id), why);
    timers_.emplace(now_.boot + std::chrono::milliseconds{100}, RunAgain{id});
    active_[id].undo_waits = true;
    return;
  }
  const bool conflict = active.error && active.error->code == Errc::conflict;
  if (seen == Seen::foreign && (conflict || !active.error)) {
    step_state(r, step, StepState::foreign, "changed by somebody else; left untouched");
  } else if (seen == Seen::origin && (!active.error || active.error->code != Errc::timeout)) {
    step_state(r, step, StepState::undo_failed, said);
  } else {  // stays intended: whether it happened is not known
    const std::string why = seen == Seen::unreadable ? "cannot be read back: " + trouble : said;
    step_state(r, step, StepState::undo_intended, why);
  }
  roll_back_next(id);
}

void Core::recover(const Run& r) {
  const std::uint64_t id = r.id;
  if (r.state == RunState::pending || r.state == RunState::planning) claim(r);
  if (r.state == RunState::pending) {
    return queue(r);
  }
  if (r.state == RunState::held || r.state == RunState::unknown) return Reviewing(*this).recover(r);
  if (r.wait) return time_wait(r);
  auto wanted = locks_of(r);
  if (wanted.empty()) {
    for (const RunStep& s : r.steps) {
      if (!s.is_errand()) wanted.push_back(s.resource);
    }
  }
  lock(id, wanted);
  if (r.state != RunState::planning) return go_on(id);
  if (!r.undo && targets(r).empty()) {
    move(r, RunInput::plan_failed, "its definition is no longer stored");
    return;
  }
  ask_plans(r);
}

/// Takes a run up where its entries leave it: after a restart, and when a pause is over.
void Core::go_on(std::uint64_t id) {
  const Run& r = *run(id);
  if (draining_) return;
  const bool undoing = r.state == RunState::rolling_back;
  if ((!undoing && r.state != RunState::running && r.state != RunState::waiting) || r.wait) return;
  if (waits_for_outlived(r) || waits_for_try(r)) return;
  if (const std::string why = blocked(r); !why.empty()) {
    if (undoing) return undo_waits(r, why);
    if (r.state == RunState::running) move(r, RunInput::pause, why);
    return;
  }
  if (undoing && !active_.contains(id)) return doubt(r, "the recorded content of its plan has been erased");
  if (undoing) active_.at(id).undo_waits = false;
  const bool waited = r.state == RunState::waiting || r.reason.find(undo_waits_mark) != std::string::npos;
  if (waited && !move(r, RunInput::resume, without_mark(undoing ? r.reason : std::string()))) return;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const StepState state = r.steps[i].state;
    if (r.steps[i].is_errand()) {
      if ((!undoing || is_at_end(r, i)) && errand_open(r, i)) return recover_errand(r, i);
      continue;
    }
    if (state == StepState::intended) return recover_step(r, i, false);
    if (state == StepState::undo_intended && undoing) return recover_step(r, i, true);
    if (state == StepState::applied) {
      if (!active_.contains(id)) return doubt(r, "the recorded content of its plan has been erased");
      out_.work.emplace_back(DoVerify{id, static_cast<std::uint32_t>(i), false, r.steps[i].resource});
      return;
    }
  }
  if (undoing) return roll_back_next(id);
  advance(id);
}

/// An intention without an outcome: the driver gets it again under the same key and finds it done, does it, or finds
/// neither. Where the mode no longer allows an effect, it is only looked at.
void Core::recover_step(const Run& r, std::size_t step, bool undo) {
  std::string why_not = undo && mode_of(r) >= Mode::propose ? std::string() : why_not_act(r);
  if (!undo && why_not.empty()) why_not = r.cancel_asked;
  if (why_not.empty()) return apply_step(r, step, undo, true);
  const auto active = active_.find(r.id);
  if (active == active_.end()) return doubt(r, "the recorded content of its plan has been erased");
  active->second.error = Error{Errc::paused, Retry::no, why_not};
  active->second.recovering = true;
  active->second.verify_until.reset();
  out_.work.emplace_back(DoVerify{r.id, static_cast<std::uint32_t>(step), undo, r.steps[step].resource});
}

}  // namespace aright::engine
