// What a person has found where nobody knew whether an effect, or its undo, had happened.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

std::string found_by(bool done, const std::string& user) {
  return fmt::format("{}{}", done ? found_done : found_not_done, user);
}

bool has_confirm(const Step& step) {
  return (step.exec() != nullptr && step.exec()->confirm) || (step.call() != nullptr && step.call()->confirm);
}

/// Something of it was taken back, or should have been, before its `finally`.
bool rolls_back(const RunStep& step) {
  return step.state == StepState::undone || step.state == StepState::undo_failed || step.state == StepState::foreign ||
         step.made();
}

}  // namespace

bool undo_in_doubt(const Run& r) {
  return std::ranges::any_of(r.steps, [](const RunStep& s) { return s.state == StepState::undo_intended; });
}

std::vector<std::size_t> Reviewing::ends_in_doubt(const Run& r) const {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const StepState state = r.steps[i].state;
    if (!core_.is_at_end(r, i)) continue;
    const bool unconfirmed = state == StepState::applied && has_confirm(core_.workflow_of(r)->steps[i]);
    if (state == StepState::intended || unconfirmed) list.push_back(i);
  }
  return list;
}

/// Nothing more is begun by the run: whoever has looked knows what is left to do.
Json Reviewing::resolve_doubt(const Run& r, bool done, const std::string& reason, const Identity& who, bool waives) {
  if (undo_in_doubt(r)) return resolve_undo(r, done, reason, who);
  if (core_.at_end_begun(r)) return resolve_end(r, done, reason, who);
  Json answer{{"review", r.review}, {"run", r.id}};
  std::string said = fmt::format("{}: {}", found_by(done, who.user), reason);
  if (!done) answer["note"] = "it did not happen; " + after_not_done(r, waives);
  const std::string left = resources(r, [](const RunStep& s) { return s.changes && s.state == StepState::planned; });
  if (done && !left.empty()) {
    const std::string not_begun = "not begun, and not done now: " + left;
    said += "; " + not_begun;
    answer["note"] = not_begun;
    if (r.undo) answer["note"] = fmt::format("{}; `aright runs undo {}` takes back the rest", not_begun, r.undo->run);
  }
  const bool whole = done && (!r.undo || left.empty());  // what is half taken back has not been taken back
  answer["state"] = whole ? "succeeded" : "failed";
  const std::uint64_t id = r.id;
  for (std::size_t i = 0; i < core_.run(id)->steps.size(); ++i) {  // resources are read, whatever is found now
    const RunStep& step = core_.run(id)->steps[i];
    if (!step.is_errand() || step.state != StepState::intended) continue;
    core_.step_state(*core_.run(id), i, done ? StepState::verified : StepState::failed, said);
  }
  close_doubt(*core_.run(id), whole ? RunInput::found_done : RunInput::found_not_done, done, said, reason, who);
  return answer;
}

/// What follows is the guards' to say where the finding is still to be answered.
std::string Reviewing::after_not_done(const Run& r, bool waives) const {
  if (waives) return "its control leaves the subject alone now, so nothing more is done";
  if (r.undo) return fmt::format("what run {} has done is not taken back by it", r.undo->run);
  if (const Waiver* waiver = core_.waiver_of(r)) return waiver->text() + " is in force, so nothing more is done";
  const SubjectState* now = core_.projection_.subject(r.control, r.subject);
  if (now == nullptr || !now->open) return "its finding is over, so nothing more is done";
  const bool answers_it = now->finding == r.finding || !answers_too(r, RunState::failed).empty();
  if (!r.cancel_asked.empty() && answers_it) {
    return fmt::format("{}: nothing more is done by itself; `aright runs retry {}` tries it again", r.cancel_asked,
                       r.id);
  }
  const auto w = std::ranges::find(core_.config_.workflows, r.workflow, &Workflow::name);
  const auto control = std::ranges::find(core_.config_.controls, r.control, &Control::name);
  const bool answers =
      w != core_.config_.workflows.end() && control != core_.config_.controls.end() && w->answers_to(*control);
  if (!answers) return fmt::format("workflow {} does not answer control {} any more", r.workflow, r.control);
  if (const Mode mode = core_.mode_of(*w); mode <= Mode::observe) {
    return fmt::format("workflow {} is in mode {}, so nothing more is done", r.workflow, name(mode));
  }
  return "the finding is answered again, through the guards";
}

/// What is in doubt is a program of `finally`: whatever is found, the run ends as its other steps did (0083).
Json Reviewing::resolve_end(const Run& r, bool done, const std::string& reason, const Identity& who) {
  const std::uint64_t id = r.id;
  const std::uint64_t review = r.review;
  const std::string said = fmt::format("{}: {}", found_by(done, who.user), reason);
  std::string found;
  for (const std::size_t i : ends_in_doubt(r)) {
    if (done) found += fmt::format("; finally: {}: {}", core_.run(id)->steps[i].resource.text(), said);
    core_.step_state(*core_.run(id), i, done ? StepState::verified : StepState::failed, said);
  }
  std::string left;
  for (std::size_t i = 0; i < core_.run(id)->steps.size(); ++i) {
    const RunStep& step = core_.run(id)->steps[i];
    if (!core_.is_at_end(*core_.run(id), i) || step.state != StepState::planned) continue;
    left += (left.empty() ? "" : ", ") + step.resource.text();
    core_.step_state(*core_.run(id), i, StepState::failed, "not begun: the one before it was in doubt");
  }
  Fields more{{"of_finally", true}};
  if (who.alone) more["break_glass"] = true;
  core_.close_review(review, done ? "approved" : "denied", who.user, reason, who.groups, std::move(more));
  Json answer{{"review", review}, {"run", id}, {"state", end_as_the_others(*core_.run(id), found)}};
  if (!left.empty()) answer["note"] = "not begun, and not done now: " + left;
  return answer;
}

/// As it would have ended without a doubt in its `finally`. What it came to.
std::string_view Reviewing::end_as_the_others(const Run& r, const std::string& found) {
  if (r.closing.empty()) {
    core_.succeed(r, "", found);
    return name(RunState::succeeded);
  }
  const std::string told = core_.finally_told(r) + found;
  bool back = false;
  for (std::size_t i = 0; i < r.steps.size(); ++i) back = back || (!core_.is_at_end(r, i) && rolls_back(r.steps[i]));
  if (!back) {
    core_.move(r, RunInput::found_not_done, r.closing + told);
    return name(RunState::failed);
  }
  const std::string left = core_.not_taken_back(r);
  if (left.empty()) {
    core_.move(r, RunInput::undone, r.closing + told);
    return name(RunState::rolled_back);
  }
  core_.hold(r, RunInput::undo_failed, "rollback", r.closing + "; not everything could be undone" + left + told);
  return name(RunState::rollback_failed);
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
  close_doubt(now, left.empty() ? RunInput::undone : RunInput::undo_failed, left.empty(), said + (done ? left : ""),
              reason, who);
  return answer;
}

void Reviewing::close_doubt(const Run& r, RunInput found, bool yes, const std::string& said, const std::string& reason,
                            const Identity& who) {
  const std::uint64_t id = r.id;
  Fields more;
  if (who.alone) more["break_glass"] = true;
  core_.close_review(r.review, yes ? "approved" : "denied", who.user, reason, who.groups, std::move(more));
  core_.move(*core_.run(id), found, said);
}

}  // namespace aright::engine
