// What people ask of one run: its end, another try, and what they have found where nobody knew.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// Its own change had ended the run's finding, and was taken back when people were asked: what is open since.
std::map<std::string, Finding>::const_iterator refused_by(const Projection& projection, const RetryRun& command) {
  return std::ranges::find_if(projection.findings(), [&](const auto& item) {
    const auto& answers = projection.subject(item.second.control, item.second.subject)->answers;
    const auto last = answers.find(command.workflow);
    return last != answers.end() && last->second.refused == command.run;
  });
}

}  // namespace

std::string instead(const Run& r) {
  switch (r.state) {
    case RunState::unknown: return fmt::format("`runs resolve {} --as done|not-done` says what you have found", r.id);
    case RunState::held: return fmt::format("`reviews approve {}` or `reviews deny {}` decides it", r.review, r.review);
    case RunState::rolling_back: return "it ends by itself; `pause` stops it meanwhile";
    default: return fmt::format("`runs cancel {}` ends it", r.id);
  }
}

std::string resources(const Run& r, bool (*which)(const RunStep&)) {
  std::vector<std::string> names;
  for (const RunStep& step : r.steps) {
    if (which(step)) names.push_back(step.resource.text());
  }
  return fmt::format("{}", fmt::join(short_list(std::move(names)), ", "));
}

Result<const Run*> Core::run_to_change(std::uint64_t id, std::string_view verb) const {
  const Run* r = run(id);
  if (r == nullptr) return fail(Errc::not_found, fmt::format("no open run {}", id));
  const bool resolves = verb == "resolve";
  const bool fits =
      resolves ? r->state == RunState::unknown : r->state != RunState::unknown && r->state != RunState::rolling_back;
  if (fits) return r;
  const std::string why = resolves ? "only a run that is unknown is resolved" : "this is no state to end it in";
  return fail(Errc::conflict, fmt::format("run {} is {}: {}; {}", id, name(r->state), why, instead(*r)));
}

/// Recorded first, so that it holds over a restart.
Result<Json> Core::carry_out(const CancelRun& command, const Identity& who) {
  const auto found = run_to_change(command.run, "cancel");
  if (!found) return std::unexpected(found.error());
  const bool asked_before = !(*found)->cancel_asked.empty();
  if (!asked_before) {
    record("cancel.asked", {{"run", command.run},
                            {"by", line(who.user)},
                            {"groups", short_list(who.groups)},
                            {"reason", line(command.reason)}});
  }
  const Run& r = *run(command.run);
  Json answer{{"run", command.run}, {"state", "cancelled"}};
  if (under_way(r)) {
    answer["state"] = name(r.state);
    answer["note"] = "an effect is under way; the run ends as soon as its outcome is known, and begins no other";
    return answer;
  }
  if (made_something(r)) {
    answer["note"] = "what it had done stays: " + resources(r, [](const RunStep& s) { return s.made(); });
  }
  call_off(r);
  return answer;
}

/// Between two effects, by a person's wish.
void Core::call_off(const Run& r) {
  if (r.state == RunState::held) close_review(r.review, "closed", "aright", r.cancel_asked);
  std::string reason = r.cancel_asked;
  Fields more;
  if (made_something(r)) {
    reason += "; what was done stays: " + resources(r, [](const RunStep& s) { return s.made(); });
    more["about"] = "";  // it is not any more as it was planned on: a no is about what is read then
  }
  move(r, RunInput::cancel, reason, std::move(more));
}

Result<Json> Core::carry_out(const ResolveRun& command, const Identity& who) {
  const auto found = run_to_change(command.run, "resolve");
  if (!found) return std::unexpected(found.error());
  const auto permit = Reviewing(*this).may_decide(**found, who);
  if (!permit) return std::unexpected(permit.error());
  Identity by = who;
  by.alone = permit->break_glass;
  return Reviewing(*this).resolve_doubt(**found, command.done, command.reason, by);
}

/// The answer comes when the subject has been read.
void Core::retry(std::uint64_t token, const RetryRun& command, const Identity& who) {
  const auto again = may_retry(command);
  if (!again) {
    out_.answers.push_back({token, std::unexpected(again.error())});
    return;
  }
  if (again->control->on_events()) {
    out_.answers.push_back({token, retry_now({command, who}, State{})});
    return;
  }
  retries_.emplace(token, AskedRetry{command, who});
  out_.work.emplace_back(DoLook{token, subject_parts(again->finding->subject)});
}

Result<Core::AnswerAgain> Core::may_retry(const RetryRun& command) const {
  if (draining_) return fail(Errc::unavailable, "stopping; ask again after the start", Retry::yes);
  if (const Run* r = run(command.run)) {
    return fail(Errc::conflict, fmt::format("run {} is {}: it has not ended; {}", r->id, name(r->state), instead(*r)));
  }
  auto finding = projection_.findings().find(command.finding);
  if (finding == projection_.findings().end()) finding = refused_by(projection_, command);
  if (finding == projection_.findings().end()) {
    return fail(Errc::conflict,
                fmt::format("the finding of run {} is closed: there is nothing to put right", command.run));
  }
  const auto w = std::ranges::find(config_.workflows, command.workflow, &Workflow::name);
  const auto control = std::ranges::find(config_.controls, finding->second.control, &Control::name);
  if (w == config_.workflows.end() || control == config_.controls.end() || !w->answers_to(*control, finding->second)) {
    return fail(Errc::conflict, fmt::format("workflow {} does not answer control {} any more", command.workflow,
                                            finding->second.control));
  }
  return AnswerAgain{&finding->second, &*control, &*w};
}

/// Through the guards like any run; only waits and earlier answers are not asked.
Result<Json> Core::retry_now(const AskedRetry& asked, const Result<State>& state) {
  const auto again = may_retry(asked.command);
  if (!again) return std::unexpected(again.error());
  const auto& [finding, control, w] = *again;
  if (!state) return fail(Errc::unavailable, "it cannot be read now: " + state.error().message, Retry::yes);
  if (!control->on_events()) {
    const auto& judge = judges_.at(control->name);
    const auto differs = judge ? judge->differs(subject_parts(finding->subject), *state)
                               : Result<std::vector<std::string>>(std::unexpected(judge.error()));
    if (!differs) return fail(Errc::unavailable, "whether it is wrong cannot be told: " + differs.error().message);
    if (differs->empty() || has_gone(*control, subject_parts(finding->subject), *state)) {
      read(subject_parts(finding->subject), "retry", projection_.entries());
      return fail(Errc::conflict, finding->subject + " reads as desired now: there is nothing to put right");
    }
  }
  const Weighed weighed = weigh(*finding, *control, *w, *state, true, true);
  if (weighed.outcome != Weighed::Outcome::runs && weighed.outcome != Weighed::Outcome::undecided) {
    const SubjectState& subject = *projection_.subject(finding->control, finding->subject);
    return fail(Errc::conflict, fmt::format("{}: {}", w->name, why(weighed, *w, *control, subject)));
  }
  const std::uint64_t id = begin_run(*finding, *control, *w, *state, weighed);
  Fields entry{{"run", id},
               {"retries", asked.command.run},
               {"uid", asked.who.uid},
               {"by", line(asked.who.user)},
               {"groups", short_list(asked.who.groups)},
               {"reason", line(asked.command.reason)}};
  if (asked.who.alone) entry["break_glass"] = true;
  record("retry.asked", std::move(entry));
  if (asked.who.alone) Reviewing(*this).tell_alone(asked.command, asked.who, id);
  Json answer{{"run", id}, {"retries", asked.command.run}, {"state", name(run(id)->state)}};
  if (const std::string why = blocked(*run(id)); !why.empty()) answer["note"] = "waits: " + why;
  return answer;
}

}  // namespace aright::engine
