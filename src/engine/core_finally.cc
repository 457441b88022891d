// Steps that are done when all others are over, however they ended: programs, never undone, whose failure is told and
// changes nothing of how the run ends (docs/decisions/0083).
#include <fmt/format.h>

#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

bool Core::is_at_end(const Run& r, std::size_t step) const {
  const Workflow* w = workflow_of(r);
  return !r.undo && w != nullptr && step < w->steps.size() && w->steps[step].at_end;
}

/// Then a failure is one of `finally`.
bool Core::at_end_begun(const Run& r) const {
  if (!r.closing.empty()) return true;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (is_at_end(r, i) && r.steps[i].state != StepState::planned) return true;
  }
  return false;
}

bool Core::at_end_left(const Run& r) const {
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const bool does = r.steps[i].changes || r.steps[i].steers();
    if (is_at_end(r, i) && does && r.steps[i].state == StepState::planned) return true;
  }
  return false;
}

/// False: there is nothing to do at the end, or it has been done.
bool Core::begin_finally(const Run& r, const std::string& reason) {
  if (!at_end_left(r)) return false;
  const std::uint64_t id = r.id;
  if (r.closing.empty()) record("finally.begun", {{"run", id}, {"reason", line(reason)}});
  advance(id);
  return true;
}

/// What failed at the end, in words behind the reason for which the run ends.
std::string Core::finally_told(const Run& r) const {
  std::string told;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (!is_at_end(r, i) || r.steps[i].state != StepState::failed) continue;
    told += fmt::format("; finally: {} failed: {}", r.steps[i].resource.text(), r.steps[i].outcome);
  }
  return told;
}

/// All is done at the end of a run whose other steps did not end well.
void Core::closed(const Run& r) {
  if (r.state == RunState::rolling_back) return roll_back_next(r.id);
  move(r, RunInput::give_up, r.closing + finally_told(r));
}

}  // namespace aright::engine
