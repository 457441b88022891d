// What answering a finding comes to now. Asked before a run is created, and to explain why none is.
#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

/// An answer holds for the state it was about: once another is read, the guards decide anew. The same state a person
/// who denied it is not asked about again; one that nobody looked at in time, or whose failed rollback has been looked
/// at since, is tried again when a person asks for it. What happened in a log cannot be read again: there a no and a
/// success hold for the episode, an expired review only until more comes. What a step `approve` asked about in vain
/// holds longer than the finding, and no longer than the definitions.
bool Core::still_answered(const LastAnswer& last, const Finding& finding, const Control& control, const Workflow& w,
                          const State& state, bool asked_for) const {
  const auto now = [&](const std::string& key) { return hashes_.at(key); };
  const bool refused = last.refused != 0;
  if (refused && last.refused_under != versions_text(now("workflow " + w.name), now("control " + control.name))) {
    return false;
  }
  const bool expired = last.state == "expired";
  const bool planned = last.state == "planned" && mode_for(finding, w) == Mode::plan;
  if (control.on_events() && (last.state == "succeeded" || last.state == only_steered)) return true;
  if (last.state == left_out) return !asked_for && last.about == about_occurrence(finding.occurrences);
  if (!last.is_bound() && !planned) return false;
  const bool bound = !last.about.empty() && (!control.on_events() || expired);
  if (bound && last.about != about_now(finding, control, state)) return false;
  if (!asked_for) return true;
  const bool looked_at = std::ranges::none_of(projection_.reviews(), [&](const auto& item) {
    return item.second.workflow == w.name && item.second.subject == finding.subject;
  });
  return !expired && !(last.state == "rollback_failed" && looked_at);
}

/// A run that ended without an answer and left the finding open is tried again, each time after a longer wait unless
/// something happens to the resource; `asked_for`: a person wants it now; `anew`: whatever was answered before.
Core::Weighed Core::weigh(const Finding& finding, const Control& control, const Workflow& w, const State& state,
                          bool asked_for, bool anew) const {
  using Outcome = Weighed::Outcome;
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
  const std::string trouble = applies ? std::string() : applies.error().message;
  if (mode == Mode::observe) return {Outcome::observed, {}, {}, trouble};
  if (!applies && mode == Mode::plan) return {Outcome::does_not_apply, {}, {}, trouble};  // nobody is asked for a plan
  if (!anew && last != nullptr && still_answered(*last, finding, control, w, state, asked_for)) {
    return is(Outcome::answered);
  }
  const auto what_is_left = left_.find(w.name + " " + finding.subject);
  const bool left_news = what_is_left != left_.end() && what_is_left->second.news;
  // Another state than a no was about; another one to plan is only looked at, and may wait.
  const bool news = last != nullptr && (last->is_bound() || (left_news && last->state != "planned"));
  const bool raised =
      last != nullptr && last->state == "planned" && mode > Mode::plan;  // the mode was plan, and now more may be done
  if (const Nanos left = asked_for || raised ? Nanos{0} : wait_left(last, news); left > Nanos::zero()) {
    return {Outcome::waits, left, {}, {}};
  }
  if (const auto verdict = guarding_.waits(candidate(finding, control, w), now_)) {
    return {Outcome::kept_back, {}, *verdict, {}};
  }
  if (!applies) return {Outcome::undecided, {}, {}, trouble};
  return is(Outcome::runs);
}

}  // namespace aright::engine
