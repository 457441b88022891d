#include "engine/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workflow/run_table.h"

namespace aright::engine {

namespace {

std::string number_id(std::uint64_t id) { return fmt::format("{:012}", id); }

}  // namespace

const SubjectState* Projection::subject(const std::string& control, const std::string& subject) const {
  const auto found = subjects_.find(control + " " + subject);
  return found == subjects_.end() ? nullptr : &found->second;
}

std::vector<const Run*> Projection::runs_of(const std::string& finding) const {
  std::vector<const Run*> list;
  const auto [first, last] = by_finding_.equal_range(finding);
  for (auto it = first; it != last; ++it) list.push_back(&runs_.at(it->second));
  return list;
}

Result<Done> Projection::apply(const Fields& entry) {
  return apply(DocReader(entry, "entry " + std::to_string(entries_)));
}

Result<Done> Projection::apply(const Json& entry) {
  return apply(DocReader(entry, "entry " + std::to_string(entries_)));
}

Result<Done> Projection::apply(DocReader in) {
  if (in.number("seq") != entries_) in.wrong("seq");
  const std::string kind = in.text("kind");
  at_ = {in.time("at"), in.micros("up"), boot_id_};
  if (auto ok = in.finish(); !ok) return ok;
  if (kind.starts_with("node.") || kind.starts_with("definition.")) {
    on_node(kind, in);
  } else if (kind == "finding.marked") {
    on_mark(in);
  } else if (kind == "finding.delayed" || kind == "stage.delayed") {  // the latter in older logs, of budgets only
    (void)in.text("finding");                                         // it waits as it did
  } else if (kind.starts_with("finding.")) {
    on_finding(kind, in);
  } else if (kind == "subjects.forgotten") {
    forget_subjects(in);
  } else if (kind == "run.observed" || kind == "verdict.suppressed") {
    on_answer(kind, in);
  } else if (kind == "verdict.waived" || kind == "verdicts.counted") {
    on_quieted(kind, in);
  } else if (kind == "retention.applied" || kind == "contents.erased") {
    // What is over is no matter of the live state, but for what is still to be told of it.
    if (kind == "contents.erased" && in.has("folded")) {
      notifications_.forget_titles();
      context_touched_ = true;
    }
  } else if (kind == "run.delayed") {
    (void)in.number("run");  // it waits as it did
  } else if (kind.starts_with("run.")) {
    on_run(kind, in);
  } else if (kind == "cancel.asked" || kind == "retry.asked" || kind == "finally.begun") {
    on_wish(kind, in);
  } else if (kind.starts_with("step.")) {
    on_step(kind, in);
  } else if (kind.starts_with("review.")) {
    on_review(kind, in);
  } else if (kind.starts_with("waiver.")) {
    on_waiver(kind, in);
  } else if (kind.starts_with("pause.")) {
    on_pause(kind, in);
  } else if (kind.starts_with("notification.")) {
    on_notification(kind, in);
  } else if (kind.starts_with("breaker.")) {
    on_breaker(kind, in);
  } else {
    on_operator(kind, in);
  }
  if (auto ok = in.finish(); !ok) return ok;
  ++entries_;
  return Done{};
}

void Projection::on_node(const std::string& kind, DocReader& in) {
  context_touched_ = true;
  if (kind == "node.started") boot_id_ = in.text("boot_id");
  if (kind == "node.started" || kind == "node.stopped") started_ = kind == "node.started";
  if (in.has("epoch")) {
    Epoch begun{in.text("epoch"), next_run_, notifications_.next()};
    if (!is_epoch_word(begun.word)) in.wrong("epoch");
    epochs_.begin(std::move(begun));
  }
  if (kind.starts_with("definition.")) ages_.take(kind, at_.wall, in);
  if (kind == "definition.loaded") {
    definitions_[in.text("definition") + " " + in.text("name")] = in.text("hash");
    if (in.has("old")) forget_bound_to(in.text("definition"), in.text("name"), in.has("keeps_told"));
    take_windows(in);
  }
  if (kind == "definition.removed") {
    definitions_.erase(in.text("definition") + " " + in.text("name"));
    if (in.text("definition") == "workflow") {
      versions_.forget(in.text("name"));
      openings_kept_.erase(in.text("name"));
      returns_kept_.erase(in.text("name"));
    }
  }
}

/// What a workflow would have done says nothing of what it would do now that it has changed, nor does what was told
/// about a control that was another. `keeps_told`: nothing has changed that would be told otherwise.
void Projection::forget_bound_to(const std::string& definition, const std::string& name, bool keeps_told) {
  const bool workflow = definition == "workflow";
  for (auto& [id, s] : subjects_) {
    if (!s.open || (!workflow && s.control != name)) continue;
    const auto forgotten = std::erase_if(s.answers, [&](const auto& item) {
      const std::string& state = item.second.state;
      if (workflow && item.first != name) return false;
      if (state == left_out) return true;  // conditions look at either definition
      return (workflow && state == "planned") || (!keeps_told && state == only_steered);
    });
    if (forgotten != 0) touch("subject", s.id(), true);
  }
}

void Projection::take_run(Run run) {
  open_keys_.insert(run.workflow + " " + run.subject);
  by_finding_.emplace(run.finding, run.id);
  const std::uint64_t id = run.id;
  runs_[id] = std::move(run);
}

/// `lapsed`: its definition was not in force any more, so that it was no answer, and no try. A refusal answers the
/// state that is back, whatever finding that is by now.
void Projection::finish_run(Run& run, DocReader& in) {
  open_keys_.erase(run.workflow + " " + run.subject);
  const auto [first, last] = by_finding_.equal_range(run.finding);
  by_finding_.erase(std::find_if(first, last, [&](const auto& item) { return item.second == run.id; }));
  run.finished_at = at_.wall;
  ended_ = {run.workflow, run.subject, {}};
  note_changes(run, ended_.answer);
  if (run.undo) return finish_undo(run);
  const auto found = subjects_.find(run.control + " " + run.subject);
  const bool own = found != subjects_.end() && found->second.finding == run.finding;
  const bool refused = found != subjects_.end() && in.has("refused_as");
  const bool also = found != subjects_.end() && in.has("answers") && found->second.finding == in.text("answers");
  if (!in.has("lapsed") && (own || refused || also)) {
    LastAnswer& answer = found->second.answers[run.workflow];
    const bool no = !run.cancel_asked.empty() || !run.refused.empty();
    const bool stays = run.state == RunState::succeeded || run.state == RunState::rollback_failed;
    answer.state = !no || stays ? name(run.state) : called_off;
    if (run.changed_nothing && std::ranges::all_of(run.steps, &RunStep::steers)) answer.state = only_steered;
    answer.ended = at_;
    answer.about = run.about;
    const auto open = findings_.find(run.finding);
    if (in.has("left_out") && own && open != findings_.end()) {  // whatever its subject reads as
      answer.state = left_out;
      if (!in.has("about")) answer.noted = open->second.occurrences;  // as it was when logs did not say which it was
    }
    if (own) note_changes(run, answer);
    ++answer.runs;
    if (refused) take_refusal(run, answer, in);
    touch("subject", found->second.id(), true);
  }
  note_end(run);
  touch("run", number_id(run.id), false, run.to_text());
  runs_.erase(run.id);
}

void Projection::on_answer(const std::string& kind, DocReader& in) {
  const std::string workflow = in.text("workflow");
  const auto found = findings_.find(in.text("finding"));
  if (found == findings_.end()) return in.wrong("finding");
  const Finding& f = found->second;
  const bool waits = in.has("waits");
  const bool counts = kind == "run.observed" && !waits && !in.has("again");
  if (counts) admit(workflow, f.control, f.subject, 0, true, in);
  SubjectState& s = subjects_[f.control + " " + f.subject];
  s.answers[workflow].noted = f.occurrences;
  s.answers[workflow].would_wait = waits;
  if (in.has("first")) s.answers[workflow].kept_by.insert(in.text("guard"));
  touch("subject", s.id(), true);
}

void Projection::on_run(const std::string& kind, DocReader& in) {
  const std::uint64_t id = in.number("run");
  if (kind == "run.created") {
    Run r;
    r.id = id;
    r.finding = in.text("finding");
    r.control = in.text("control");
    r.control_hash = in.text("control_hash");
    r.workflow = in.text("workflow");
    r.version = in.text("version");
    r.subject = in.text("subject");
    r.severity = in.word("severity", parse_level);
    r.mode = in.word("mode", parse_mode);
    r.created_at = at_.wall;
    if (const auto f = findings_.find(r.finding); f != findings_.end()) r.about = f->second.about;
    if (in.has("about")) r.about = in.text("about");
    if (in.has("undoes")) take_undo(r, in);
    if (id != next_run_) return in.wrong("run");
    ++next_run_;
    context_touched_ = true;
    touch("run", number_id(id), true);
    take_run(std::move(r));
    return;
  }
  const auto found = runs_.find(id);
  const auto to = parse_run_state(std::string_view(kind).substr(4));
  if (found == runs_.end() || !to) return in.wrong("run");
  Run& run = found->second;
  const auto input = workflow::parse_run_input(in.text("input"));
  if (!input || workflow::next(run.state, *input) != *to) return in.wrong("input");
  const RunState from = std::exchange(run.state, *to);
  run.reason = in.text("reason");
  if (in.has("about")) run.about = in.text("about");
  if (in.has("mode")) run.mode = in.word("mode", parse_mode);
  if (in.has("made")) run.made = in.text_map("made");
  if (in.has("plan_hash")) run.plan_hash = in.text("plan_hash");
  if (in.has("decided_by")) run.decided_by = in.text("decided_by");
  on_waiting(run, *input, in);
  if (in.has("approval")) take_approval(run, in);
  if (run.state == RunState::planning) {
    // What it has made stays on record: a plan for such a step is made again only where that is not there any more.
    const bool begun = std::ranges::any_of(run.steps, [](const RunStep& s) { return s.is_over(); });
    if (!begun && !asks_for_step(run)) run.steps.clear();
    run.plan_hash.clear();
    ++run.plans;
  }
  if (*input == workflow::RunInput::admit) {
    run.admitted_at = at_.wall;
    if (in.has("once_more")) ++run.admitted_more;
    run.tries_breaker = in.has("trial");
    admit(run.workflow, run.control, run.subject, id, false, in);
  }
  if (*input == workflow::RunInput::plan_ready) {
    admit(run.workflow, run.control, run.subject, id, true, in);
    if (versions_.planned(run.workflow, run.version)) context_touched_ = true;
  }
  if (*input == workflow::RunInput::conflict && in.has("withdrawn")) withdraw(run);
  if (run.state == RunState::held && !run.admitted_at) tries_no_more(run);
  // Held for the step that follows it at once, too: its yes has been heard.
  const bool heard = in.has("answered");
  if (heard) run.answered.clear();
  if (heard || (run.state != RunState::planning && run.state != RunState::held)) pass_asked_step(run);
  if (in.has("review")) open_review(run, in);
  settle_answer(run);
  if (in.has("unverified")) run.unverified = static_cast<std::uint32_t>(in.number("unverified"));
  if (in.has("changed_nothing")) run.changed_nothing = in.boolean("changed_nothing");
  count_ending(run, from);
  if (is_final(run.state)) return finish_run(run, in);
  touch("run", number_id(id), true);
}

/// A wait begins, or is over in whatever way.
void Projection::on_waiting(Run& run, workflow::RunInput input, DocReader& in) const {
  const bool answered = input == workflow::RunInput::approve || input == workflow::RunInput::ask_anew;
  const bool said_yes = answered && asks_for_step(run);
  run.continues = said_yes || input == workflow::RunInput::wait_over || input == workflow::RunInput::more_known;
  if (input == workflow::RunInput::wait) {
    const std::uint64_t step = in.number("step");
    if (step >= run.steps.size() || !run.steps[step].steers()) return in.wrong("step");
    run.wait = RunWait{step, at_, in.millis("wait_ms")};
    run.steps[step].state = StepState::waiting;
  } else if (run.wait) {
    RunStep& step = run.steps.at(run.wait->step);
    if (input == workflow::RunInput::wait_over) step.state = StepState::passed;
    if (input == workflow::RunInput::wait_over) step.outcome = in.has("outcome") ? in.text("outcome") : "waited";
    run.wait.reset();
  }
}

/// What a person wants of a run, and that its end has begun.
void Projection::on_wish(const std::string& kind, DocReader& in) {
  const auto found = runs_.find(in.number("run"));
  if (found == runs_.end()) return in.wrong("run");
  Run& run = found->second;
  if (kind == "cancel.asked") {
    run.cancel_asked = fmt::format("cancelled by {}: {}", in.text("by"), in.text("reason"));
  } else if (kind == "finally.begun") {
    run.closing = in.text("reason");
  } else {
    run.retries = in.number("retries");
    if (in.has("uid")) run.asked_by = in.text("by");
  }
  touch("run", number_id(run.id), true);
}

void Projection::on_step(const std::string& kind, DocReader& in) {
  const auto found = runs_.find(in.number("run"));
  if (found == runs_.end()) return in.wrong("run");
  Run& run = found->second;
  const std::uint64_t index = in.number("step");
  touch("run", number_id(run.id), true);
  if (kind == "step.planned") {
    if (run.state != RunState::planning || index > run.steps.size()) return in.wrong("step");
    auto step = run_step_from_json(in.object("plan"));
    if (!step) return in.wrong("plan");
    step->epoch = epochs_.current();
    if (index == run.steps.size()) run.steps.emplace_back();
    run.steps[index] = std::move(*step);
    return;
  }
  if (index >= run.steps.size()) return in.wrong("step");
  RunStep& step = run.steps[index];
  if (kind == "step.decided") {
    step.state = StepState::passed;
    step.outcome = in.text("arm");
    for (const int skipped : in.integers("skips")) {
      if (skipped < 0 || static_cast<std::size_t>(skipped) >= run.steps.size()) return in.wrong("skips");
      run.steps[static_cast<std::size_t>(skipped)].state = StepState::skipped;
    }
    return;
  }
  step.state = in.word("state", parse_step_state);
  step.again.reset();
  if (in.has("again_in_ms")) step.again = TryWait{at_, in.millis("again_in_ms")};
  if (kind == "step.intended" && step.state == StepState::intended) {
    run.answered.clear();  // what was let go on has begun
    step.ran.reset();      // of a try before
    step.looked.reset();
    run.asked = run.asked || step.is_errand();
  }
  if (in.has("outcome")) step.outcome = in.text("outcome");
  if (in.has("tries")) step.tries = static_cast<std::uint32_t>(in.number("tries"));
  for (const bool main : {true, false}) {
    const char* key = main ? "ran" : "looked";
    if (!in.has(key)) continue;
    auto ended = errand_run_from_json(in.object(key));
    if (!ended) return in.wrong(key);
    (main ? step.ran : step.looked) = std::move(*ended);
  }
}

void Projection::on_notification(const std::string& kind, DocReader& in) {
  if (kind == "notification.queued" || kind == "notification.folded") context_touched_ = true;
  const auto changed = notifications_.apply(kind, in, at_);
  if (!changed) return;
  const bool open = changed->state == NotificationState::queued || changed->state == NotificationState::dead;
  touch("notification", number_id(changed->id), open, canonical_json(changed->to_json()));
}

void Projection::on_operator(const std::string& kind, DocReader& in) {
  if (kind == "mode.set") {
    modes_[in.text("workflow")] = mode_set_of(in);
    const std::string demands = in.has("demands") ? in.text("demands") : std::string();
    if (in.has("untested")) versions_.let(in.text("workflow"), {in.text("untested"), demands});
  } else if (kind == "workflow.tested") {
    VersionTest test{in.text("workflow"), in.text("hash"), in.boolean("passed"), in.number("cases")};
    if (in.has("demands")) test.demands = in.text("demands");
    versions_.take(std::move(test));
  } else if (kind == "workflow.unplanned") {
    versions_.told_unplanned(in.text("workflow"), in.text("hash"));
  } else if (kind != "source.gap" && kind != "source.delayed" && kind != "source.resumed" &&
             kind != "control.inconclusive" && kind != "control.conclusive" && kind != "rescan.asked" &&
             kind != "clock.stepped" && kind != "space.low" && kind != "space.enough" && kind != "config.reloaded" &&
             kind != "config.refused" && kind != "windows.dropped") {
    in.wrong("kind");
  }
  context_touched_ = true;
}

}  // namespace aright::engine
