// Findings on resources → answers: what was left behind, whether a run begins, and when.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "guard/guard.h"

namespace aright::engine {

namespace {

constexpr Nanos news_retry = std::chrono::seconds{1};  ///< between two runs, however much happens to the resource
constexpr Nanos run_retry = std::chrono::seconds{10};  ///< after the first run that left the finding open; then doubled
constexpr std::uint64_t run_retry_doublings = 8;       ///< at most every 43 minutes
/// A wait for a time of day is looked at again at least so often: meanwhile the wall clock may have been set.
constexpr Nanos suppressed_again = std::chrono::minutes{15};
constexpr Nanos pass_wait = std::chrono::seconds{1};  ///< for one that goes first to begin

GuardQueues::Waiter waiter_of(const Finding& finding, const Workflow& w) {
  return {finding.severity, finding.opened_at, finding.offset, finding.id, w.name};
}

/// A resource's next occurrence is news; a log may say the same a thousand times.
bool is_noted(const Control& control, const Finding& finding, const LastAnswer& last) {
  return control.on_events() ? last.noted != 0 : last.noted == finding.occurrences;
}

}  // namespace

void Core::answer(const Finding& finding, const Control& control, const Resource& r, const State& state,
                  Hinted hinted) {
  if (draining_) return;  // everything is read again after the start
  for (const Workflow& w : config_.workflows) {
    if (!w.answers_to(control)) continue;
    const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
    if (const auto last = answers.find(w.name); last != answers.end() && last->second.runs != 0) {
      take_news(w.name + " " + finding.subject, mark(finding.subject, state), hinted);
    }
    consider(finding, control, w, state, r.source == "rescan");
  }
}

/// A source has seen something, and what is read is not what the last run left: then its wait is not waited out. Our
/// own undo's event reads as what that run left. Where there is nothing to compare with, a change seen is enough.
void Core::take_news(const std::string& key, const std::string& about, Hinted hinted) {
  Left& left = left_[key];
  if (left.any_change) {
    left.news = left.news || hinted == Hinted::changed;
  } else if (hinted != Hinted::no && !left.news) {
    left.news = left.state != about;
  }
}

/// Called when a run has ended, before it is forgotten.
void Core::remember_left(const Run& r, bool without_plan) {
  Left& left = left_[r.workflow + " " + r.subject];
  left = Left{.state = r.about, .any_change = without_plan, .news = false};  // unless a step was about the subject
  const auto active = active_.find(r.id);
  left.news = active != active_.end() && gap_at_ > active->second.asked;
  const bool known = active != active_.end() && active->second.plans.size() == r.steps.size();
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (r.steps[i].resource.text() != r.subject) continue;
    const StepState state = r.steps[i].state;
    const bool as_after = state == StepState::verified || state == StepState::undo_failed;
    const bool as_before = state == StepState::planned || state == StepState::undone || state == StepState::failed;
    if (known && as_after) left.state = mark(r.subject, active->second.plans[i].after);
    if (known && as_before) left.state = mark(r.subject, active->second.plans[i].before);
    if (known ? !as_after && !as_before : state != StepState::planned) left.state.clear();
  }
  left.any_change = left.any_change || left.state.empty();
}

namespace {

std::string does_not_answer(const Workflow& w, const std::string& trouble) {
  if (trouble.empty()) return "does not answer this: " + w.when;
  return fmt::format("whether it answers cannot be told: {}; in a mode that acts a person is asked", trouble);
}

}  // namespace

void Core::consider(const Finding& finding, const Control& control, const Workflow& w, const State& state,
                    bool asked_for) {
  const Weighed weighed = weigh(finding, control, w, state, asked_for);
  const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(w.name);
  const bool noted = last != answers.end() && is_noted(control, finding, last->second);
  const bool goes = weighed.outcome == Weighed::Outcome::runs || weighed.outcome == Weighed::Outcome::undecided;
  if (goes && lets_pass(finding, w, asked_for)) return;
  if (weighed.outcome != Weighed::Outcome::kept_back) {
    abstentions_.waits_no_more(finding.id, w.name);
    const auto queue = queues_.leave(finding.id, w.name);
    if (queue && !goes) call_next(*queue);
  }
  switch (weighed.outcome) {
    case Weighed::Outcome::off:
    case Weighed::Outcome::has_open_run:
    case Weighed::Outcome::answered: return;
    case Weighed::Outcome::does_not_apply:
      return abstentions_.suppressed(finding, w, "when", does_not_answer(w, weighed.trouble), asked_for);
    case Weighed::Outcome::observed: {
      const bool would_wait = last != answers.end() && last->second.would_wait;
      Candidate it = candidate(finding, control, w);
      it.trouble = weighed.trouble;
      return noted && !would_wait ? abstentions_.observed_again(it, asked_for) : observe(it, noted);
    }
    case Weighed::Outcome::waits: return answer_again_in(finding, weighed.wait);
    case Weighed::Outcome::kept_back: return suppressed(finding, w, weighed.by, asked_for);
    case Weighed::Outcome::undecided:
    case Weighed::Outcome::runs: break;
  }
  begin_run(finding, control, w, state, weighed);
}

/// Its number. Held at once where nobody can tell whether it answers.
std::uint64_t Core::begin_run(const Finding& finding, const Control& control, const Workflow& w, const State& state,
                              const Weighed& weighed) {
  const std::uint64_t id = create_run(finding, control, w, about_now(finding, control, state));
  if (weighed.outcome != Weighed::Outcome::undecided) return id;
  backlog_.remove(id);
  hold(*run(id), workflow::RunInput::hold, "when", "whether it answers cannot be told: " + weighed.trouble);
  return id;
}

/// What waits for the same and is more severe or older goes first, and so does a run that is about to begin; for a
/// second it is let pass.
bool Core::lets_pass(const Finding& finding, const Workflow& w, bool asked_for) {
  const GuardQueues::Waiter waiter = waiter_of(finding, w);
  const bool places = mode_for(finding, w) > Mode::plan;  // a plan takes none
  const std::string cools = guarding_.cool_down_queue(w, finding.subject);
  for (const std::string& queue : {cools, places ? guarding_.stage_queue(w) : std::string()}) {
    if (queue.empty() || queues_.is_called(queue, waiter)) continue;
    const bool taken = queue == cools && queues_.claimed(queue, finding.severity) != 0;
    if (!taken && queues_.may_go(queue, waiter)) continue;
    const std::string whom = taken ? "a run" : "finding " + queues_.first(queue)->finding;
    suppressed(finding, w,
               {queue == cools ? "cool-down" : "budget", fmt::format("lets {} pass, which waits for the same", whom),
                pass_wait},
               asked_for);
    for (const std::string& first : queues_.call(queue, taken ? 0 : 1)) {  // one that was called before is on its way
      const auto found = projection_.findings().find(first);
      if (found != projection_.findings().end()) answer_again_in(found->second, Nanos{0});
    }
    queues_.let_pass(queue, waiter);
    return true;
  }
  return false;
}

Nanos Core::wait_left(const LastAnswer* last, bool news) const {
  if (last == nullptr || last->runs == 0 || last->ended.boot_id != now_.boot_id) return Nanos::zero();
  const Nanos growing = run_retry * (1U << std::min<std::uint64_t>(last->runs - 1, run_retry_doublings));
  const Nanos wait = news ? news_retry : growing;
  return wait - elapsed_at_most(last->ended, now_);
}

/// The finding is looked at again when the time is over.
void Core::suppressed(const Finding& finding, const Workflow& w, const guard::Suppress& verdict, bool asked_for) {
  answer_again_in(finding, std::min(verdict.again_after, suppressed_again));
  const bool critical = finding.severity == Level::critical;
  if (verdict.guard == "held" && guarding_.keep_back(w, critical)) {
    tell(true, fmt::format("workflow {}: {}; further {}findings are recorded and wait", w.name, verdict.reason,
                           critical ? "critical " : ""));
  }
  const bool cools = verdict.guard == "cool-down";
  const std::string queue = cools                       ? guarding_.cool_down_queue(w, finding.subject)
                            : verdict.guard == "budget" ? guarding_.stage_queue(w)
                                                        : std::string();
  if (!queue.empty()) queues_.wait(queue, waiter_of(finding, w));
  abstentions_.suppressed(finding, w, verdict.guard, verdict.reason, asked_for);
  if (critical && Abstentions::is_of_others(verdict) && abstentions_.begins_to_wait(finding.id, w.name, now_.boot)) {
    timers_.emplace(now_.boot + critical_wait, AnswerDelayed{finding.id, w.name, now_.boot});
  }
}

/// When people have decided half of what there may be: severe ones first, not all in one round.
void Core::answer_held_back() {
  constexpr std::size_t a_millisecond = 50;
  for (const std::string& name : guarding_.let_go()) {
    const auto w = std::ranges::find(config_.workflows, name, &Workflow::name);
    if (w == config_.workflows.end()) continue;
    std::vector<const Finding*> open;
    for (const auto& [id, finding] : projection_.findings()) {
      const Control* control = sight_.control(finding.control);
      if (control != nullptr && w->answers_to(*control, finding)) open.push_back(&finding);
    }
    std::ranges::sort(open, [](const Finding* one, const Finding* other) {
      return one->severity == other->severity ? one->id < other->id : one->severity > other->severity;
    });
    for (std::size_t i = 0; i < open.size(); ++i) {
      answer_again_in(*open[i], std::chrono::milliseconds{1 + i / a_millisecond});
    }
  }
}

/// Mode observe: nothing is done; the shadow count shows what would have been held. What would wait counts when its
/// wait is over; until then that is `known`.
void Core::observe(const Candidate& it, bool known) {
  const Finding& finding = it.finding;
  const Workflow& w = it.workflow;
  const auto wait = guarding_.would_wait(it, now_);
  if (wait) answer_again_in(finding, std::min(wait->again_after, suppressed_again));
  if (wait && known) return;
  const std::string says =
      wait ? fmt::format("would wait: {}: {}", wait->guard, wait->reason) : guarding_.foresees(it, now_);
  Fields entry{{"finding", finding.id}, {"workflow", w.name}, {"reason", line(says)}};
  if (wait) {
    entry["waits"] = true;
  } else {
    guarding_.note(it, entry);
  }
  record("run.observed", std::move(entry));
  abstentions_.observed(w);
}

/// What an answer given now is about: the state, or how much of a log has been seen.
std::string Core::about_now(const Finding& finding, const Control& control, const State& state) const {
  if (!control.on_events()) return mark(finding.subject, state);
  return about_occurrence(finding.occurrences);
}

std::uint64_t Core::create_run(const Finding& finding, const Control& control, const Workflow& w,
                               const std::string& about) {
  const std::uint64_t id = projection_.next_run();
  Fields entry{{"run", id},
               {"finding", finding.id},
               {"control", control.name},
               {"control_hash", hashes_.at("control " + control.name)},
               {"workflow", w.name},
               {"version", hashes_.at("workflow " + w.name)},
               {"subject", finding.subject},
               {"severity", name(finding.severity)},
               {"mode", name(mode_for(finding, w))}};
  if (about != finding.about) entry["about"] = about;
  record("run.created", std::move(entry));
  claim(*run(id));
  queue(*run(id));
  return id;
}

}  // namespace aright::engine
