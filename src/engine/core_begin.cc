// Which of the runs that wait begin.
#include <fmt/format.h>

#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

void Core::start_pending() {
  if (draining_) return;
  std::optional<Backlog::Waiter> last;
  std::set<std::string> closed;
  full_lanes_.clear();
  static_cast<void>(backlog_.take_freed());
  while (const auto next = backlog_.next(last, closed)) {
    const std::string lane = *next->lane;
    const Run* r = run(next->run);
    const Begins begins = r == nullptr || r->state != RunState::pending ? Begins::yes : try_start(*r);
    if (begins == Begins::none_like_it) closed.insert(lane);  // none behind it is more severe
    if (begins == Begins::yes) backlog_.remove(next->run);
    last = backlog_.take_freed() ? std::nullopt : next;  // one that has ended at once may let others begin
  }
}

Core::Begins Core::try_start(const Run& r) {
  waits_.erase(r.id);
  ++figures_.asked_to_begin;
  if (r.undo) return undo_runs_.try_start(r) ? Begins::yes : Begins::later;
  const Workflow* w = workflow_of(r);
  if (w == nullptr || control_of(r) == nullptr) {
    move(r, RunInput::cancel, "its definition is no longer stored");
    return Begins::yes;
  }
  const Mode mode = mode_of(r);
  if (mode < Mode::plan) {
    move(r, RunInput::cancel, fmt::format("the mode had become {}", name(mode)));
    return Begins::yes;
  }
  if (mode != Mode::plan && is_blocked(r)) return Begins::none_like_it;
  if (std::string why = finds_no_room(r); !why.empty()) {
    full_lanes_[*backlog_.lane_of(r.id)] = std::move(why);
    return Begins::none_like_it;
  }
  if (const auto verdict = guarding_.waits(candidate(r, *w, finding_of(r)), now_)) {
    suppress_run(r, *w, *verdict);
    return Begins::yes;
  }
  if (!takes_locks(r)) return Begins::later;
  Fields more;
  if (const Mode most = goes_to(r); most < r.mode) more["mode"] = name(most);  // from now on it keeps it
  move(r, RunInput::start, "", std::move(more));
  ask_plans(*run(r.id));
  return Begins::yes;
}

/// Another run was admitted since this one was created: it has done nothing yet and gives way.
void Core::suppress_run(const Run& r, const Workflow& w, const guard::Suppress& verdict) {
  const auto finding = projection_.findings().find(r.finding);
  if (finding != projection_.findings().end()) suppressed(finding->second, w, verdict, false);
  const std::string key = r.workflow + " " + r.subject;
  move(r, RunInput::cancel, fmt::format("{}: {}", verdict.guard, verdict.reason));
  left_[key].news = true;  // it is the guard that says when the next may begin
}

}  // namespace aright::engine
