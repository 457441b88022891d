// What answering a finding comes to now. Asked before a run is created, and to explain why none is.
#include "engine/core.h"

namespace aright::engine {

/// A person's no, a review and (in mode plan) a plan are answers. A run that ended otherwise and left the finding open
/// is tried again, each time after a longer wait unless something happens to the resource; `asked_for`: a person wants
/// it now.
Core::Weighed Core::weigh(const Finding& finding, const Control& control, const Workflow& w, const State& state,
                          bool asked_for) const {
  using Outcome = Weighed::Outcome;
  static const std::set<std::string> answers{"denied", "expired", "rollback_failed"};
  const auto is = [](Outcome outcome) { return Weighed{outcome, {}, {}, {}}; };
  const Mode mode = mode_for(finding, w);
  if (mode == Mode::off) return is(Outcome::off);
  if (projection_.has_open_run(w.name, finding.subject)) return is(Outcome::has_open_run);
  const SubjectState& subject = *projection_.subject(finding.control, finding.subject);
  const auto found = subject.answers.find(w.name);
  const LastAnswer* last = found == subject.answers.end() ? nullptr : &found->second;
  const Result<workflow::When>& when = whens_.at(w.name);
  const auto applies =
      when ? when->holds(finding, control, state, now_, evidence_of(finding)) : std::unexpected(when.error());
  if (applies && !*applies) return is(Outcome::does_not_apply);
  if (mode == Mode::observe) return is(Outcome::observed);
  if (last != nullptr && (answers.contains(last->state) || (last->state == "planned" && mode == Mode::plan))) {
    return is(Outcome::answered);
  }
  // What happened cannot be read again: a run that did what it should is the answer to it.
  if (last != nullptr && control.on_events() && last->state == "succeeded") return is(Outcome::answered);
  const auto what_is_left = left_.find(w.name + " " + finding.subject);
  const bool news = what_is_left != left_.end() && what_is_left->second.news;
  const bool raised = last != nullptr && last->state == "planned";  // the mode was plan, and now more may be done
  if (const Nanos left = asked_for || raised ? Nanos{0} : wait_left(last, news); left > Nanos::zero()) {
    return {Outcome::waits, left, {}, {}};
  }
  if (const auto verdict = cooling(w, finding.subject, mode)) return {Outcome::cools, {}, *verdict, {}};
  if (!applies) return {Outcome::undecided, {}, {}, applies.error().message};
  return is(Outcome::runs);
}

}  // namespace aright::engine
