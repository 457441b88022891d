// What a person has found where nobody knew whether an effect, or its undo, had happened.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

bool undo_in_doubt(const Run& r) {
  return std::ranges::any_of(r.steps, [](const RunStep& s) { return s.state == StepState::undo_intended; });
}

/// Nothing more is begun by the run: whoever has looked knows what is left to do.
Json Reviewing::resolve_doubt(const Run& r, bool done, const std::string& reason, const Identity& who) {
  if (undo_in_doubt(r)) return resolve_undo(r, done, reason, who);
  Json answer{{"review", r.review}, {"run", r.id}, {"state", done ? "succeeded" : "failed"}};
  std::string said = fmt::format("{} by {}: {}", done ? "found done" : "found not done", who.user, reason);
  if (!done) answer["note"] = "it did not happen; the finding is answered again, through the guards";
  const std::string left = resources(r, [](const RunStep& s) { return s.changes && s.state == StepState::planned; });
  if (done && !left.empty()) {
    const std::string not_begun = "not begun, and not done now: " + left;
    said += "; " + not_begun;
    answer["note"] = not_begun;
  }
  close_doubt(r, done ? RunInput::found_done : RunInput::found_not_done, said, reason, who);
  return answer;
}

/// What is in doubt is whether it has been taken back.
Json Reviewing::resolve_undo(const Run& r, bool done, const std::string& reason, const Identity& who) {
  const std::uint64_t id = r.id;
  Json answer{{"review", r.review}, {"run", id}};
  const std::string said = fmt::format("{} by {}: {}", done ? "found undone" : "found not undone", who.user, reason);
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (core_.run(id)->steps[i].state != StepState::undo_intended) continue;
    core_.step_state(*core_.run(id), i, done ? StepState::undone : StepState::undo_failed, said);
  }
  const Run& now = *core_.run(id);
  const std::string left = core_.not_taken_back(now);
  answer["state"] = left.empty() ? "rolled_back" : "rollback_failed";
  if (!left.empty()) answer["note"] = "not everything is undone" + left;
  close_doubt(now, left.empty() ? RunInput::undone : RunInput::undo_failed, said + (done ? left : ""), reason, who);
  return answer;
}

void Reviewing::close_doubt(const Run& r, RunInput found, const std::string& said, const std::string& reason,
                            const Identity& who) {
  const std::uint64_t id = r.id;
  const bool yes = found == RunInput::found_done || found == RunInput::undone;
  Fields more;
  if (who.alone) more["break_glass"] = true;
  core_.close_review(r.review, yes ? "approved" : "denied", who.user, reason, who.groups, std::move(more));
  core_.move(*core_.run(id), found, said);
}

}  // namespace aright::engine
