// Hints → reads → findings as episodes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/utf8.h"
#include "detect/compare.h"
#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr Nanos read_retry = std::chrono::seconds{1};  ///< after an error; then doubled
constexpr Nanos read_retry_max = std::chrono::minutes{5};
constexpr Nanos news_retry = std::chrono::seconds{1};  ///< between two runs, however much happens to the resource
constexpr Nanos run_retry = std::chrono::seconds{10};  ///< after the first run that left the finding open; then doubled
constexpr std::uint64_t run_retry_doublings = 8;       ///< at most every 43 minutes
constexpr std::size_t refused_max = 100;               ///< refused ids recorded one by one; beyond that only counted

std::string list_of(const Control& control) { return "list of control " + control.name; }

Digest digest_of(const State& state) { return sha256(canonical_json(state.fields).value_or(std::string())); }

}  // namespace

std::vector<const Control*> Core::controls_about(const ResourceId& id) const {
  std::vector<const Control*> list;
  if (const auto found = by_id_.find(id.text()); found != by_id_.end()) list = found->second;
  const auto folder = by_folder_.find(id.driver + ":" + id.id.substr(0, id.id.rfind('/')));
  if (folder == by_folder_.end()) return list;
  for (const Control* control : folder->second) {
    if (std::ranges::find(list, control) == list.end()) list.push_back(control);
  }
  return list;
}

void Core::scan(const Control& control, const std::string& source, std::uint64_t offset) {
  if (!control.select.within.empty()) {
    out_.work.emplace_back(DoList{control.name, control.driver, source, offset, control.select});
    return;
  }
  for (const std::string& id : control.select.ids) read({control.driver, id}, source, offset);
}

void Core::read_all(const std::string& source, std::uint64_t offset) {
  for (const Control& control : config_.controls) scan(control, source, offset);
}

void Core::on(Hint& hint) {
  ++figures_.events;
  switch (hint.what) {
    case Hint::What::read_all:
      ++figures_.gaps;
      record("source.gap", {{"source", line(hint.source)}, {"note", line(hint.note)}});
      gap_at_ = projection_.entries();
      for (auto& [key, left] : left_) left.news = true;  // a folder came back, perhaps: what failed may work now
      return read_all(hint.source, hint.offset);
    case Hint::What::scan:
      for (const Control& control : config_.controls) {
        if (control.name == hint.control) scan(control, hint.source, hint.offset);
      }
      return;
    case Hint::What::changed: {
      const ResourceId id{hint.driver, hint.path};
      if (!controls_about(id).empty() && accept(id)) read(id, hint.source, hint.offset);
      return;
    }
  }
}

void Core::read(const ResourceId& id, const std::string& source, std::uint64_t offset) {
  Resource& r = resource(id);
  r.source = line(source);
  r.offset = offset;
  if (source == "watch") r.hinted = Hinted::changed;
  if (source == "schedule") r.hinted = std::max(r.hinted, Hinted::due);
  if (r.reading || r.locked_by != 0) {
    r.again = r.again || r.locked_by != 0 || r.asked != round_;  // asked for in this round: not begun yet
    return;
  }
  start_read(r);
}

void Core::start_read(Resource& r) {
  r.reading = true;
  r.again = false;
  r.asked = round_;
  ++figures_.reads;
  out_.work.emplace_back(DoRead{r.id, r.generation});
}

void Core::on(ListDone& done) {
  const auto control = std::ranges::find(config_.controls, done.control, &Control::name);
  if (control == config_.controls.end()) return;
  if (!done.ids) {
    return inconclusive_list(*control, done.ids.error().message, done.source);
  }
  if (done.ids->empty()) return inconclusive_list(*control, "the list is empty, which proves nothing", done.source);
  conclusive(list_of(*control), {{"control", control->name}});
  for (const std::string& id : *done.ids) {
    if (accept({control->driver, id})) read({control->driver, id}, done.source, done.offset);
  }
}

/// Told once per error. Whatever the error says of itself, it is read again, after a wait that grows.
Trouble& Core::trouble(const std::string& subject, const std::string& error, bool read_again) {
  const auto [found, fresh] = troubles_.try_emplace(subject);
  Trouble& known = found->second;
  if (fresh || known.error != error) {
    known.error = error;
    known.wait = read_retry;
    tell(true, fmt::format("{} cannot be read, nobody knows whether it is as desired: {}", subject, error));
  } else if (read_again) {
    known.wait = std::min(known.wait * 2, read_retry_max);
  }
  return known;
}

void Core::conclusive(const std::string& subject, Fields fields) {
  if (troubles_.erase(subject) == 0) return;
  record("control.conclusive", std::move(fields));
  tell(false, subject + " can be read again");
}

void Core::inconclusive_list(const Control& control, const std::string& error, const std::string& source) {
  const std::string subject = list_of(control);
  const auto before = troubles_.find(subject);
  if (before == troubles_.end() || before->second.error != error) {
    record("control.inconclusive", {{"control", control.name}, {"subject", ""}, {"error", line(error)}});
  }
  Trouble& known = trouble(subject, error, source == "retry");
  if (known.due > now_.boot) return;  // its timer is set
  known.due = now_.boot + known.wait;
  timers_.emplace(known.due, ListAgain{control.name});
}

/// An id that cannot enter a record cannot be acted on: counted, and recorded once.
bool Core::accept(const ResourceId& id) {
  if (recordable(id)) return true;
  ++figures_.refused;
  if (refused_.size() >= refused_max || !refused_.insert(line(id.text())).second) return false;
  const char* why = is_utf8(id.text()) ? "its name is longer than a record can hold" : "its name is not UTF-8";
  record("control.inconclusive", {{"subject", ""}, {"error", why}, {"note", line(id.text())}});
  tell(true, fmt::format("{} is left alone: {}", line(id.text()), why));
  return false;
}

void Core::on(ReadDone& done) {
  const auto known = resources_.find(done.resource.text());
  if (known == resources_.end() || !known->second.reading) {
    ++figures_.late_messages;
    return;
  }
  Resource& r = known->second;
  r.reading = false;
  idle_.insert(known->first);
  if (r.locked_by != 0 || done.generation != r.generation) {
    // A run is at work on it, or was since this read began: what we saw may be its own half-way state.
    r.again = true;
    if (r.locked_by == 0) start_read(r);
    return;
  }
  const Hinted hinted = r.again ? r.hinted : std::exchange(r.hinted, Hinted::no);
  if (!done.state) {
    inconclusive(r, done.state.error().message);
  } else {
    std::optional<Error> doubt;
    for (const Control* control : controls_about(r.id)) {
      if (auto error = compare(*control, r, *done.state, hinted)) doubt = std::move(error);
    }
    if (doubt) {
      inconclusive(r, doubt->message);
    } else {
      conclusive(r.id.text(), {{"subject", r.id.text()}});
    }
  }
  if (r.again && r.locked_by == 0 && !r.reading) start_read(r);
}

void Core::inconclusive(Resource& r, const std::string& error) {
  const auto before = troubles_.find(r.id.text());
  if (before == troubles_.end() || before->second.error != error) {
    record("control.inconclusive", {{"subject", r.id.text()}, {"error", line(error)}});
  }
  read_in(r.id, trouble(r.id.text(), error, r.source == "retry").wait);
}

std::optional<Error> Core::compare(const Control& control, Resource& r, const State& state, Hinted hinted) {
  const Result<detect::Judge>& judge = judges_.at(control.name);
  auto differs = judge ? judge->differs(r.id, state) : std::unexpected(judge.error());
  if (!differs) {
    Error error = differs.error();
    error.message = fmt::format("control {}: {}", control.name, error.message);
    return error;
  }
  if (!differs->empty()) {
    violated(control, r, state, hinted, short_list(std::move(*differs)));
    return std::nullopt;
  }
  const SubjectState* subject = projection_.subject(control.name, r.id.text());
  if (subject != nullptr && subject->open) resolve(std::string(subject->finding), "read clean");
  return std::nullopt;
}

void Core::violated(const Control& control, Resource& r, const State& state, Hinted hinted,
                    std::vector<std::string> differs) {
  const std::string subject_text = r.id.text();
  if (projection_.waiver(control.name, subject_text) != nullptr) return;
  const SubjectState* subject = projection_.subject(control.name, subject_text);
  if (subject == nullptr || !subject->open) {
    const std::uint64_t episode = subject == nullptr ? 1 : subject->episode + 1;
    const std::string id = Finding::make_id(control.name, subject_text, episode);
    record("finding.opened", {{"finding", id},
                              {"control", control.name},
                              {"control_hash", hashes_.at("control " + control.name)},
                              {"subject", subject_text},
                              {"severity", name(control.severity)},
                              {"episode", episode},
                              {"recurrence_of", subject == nullptr ? std::string() : subject->finding},
                              {"differs", differs},
                              {"source", r.source},
                              {"offset", r.offset}});
    tell(false,
         fmt::format("finding {} opened: {} on {} ({})", id, control.name, subject_text, fmt::join(differs, ", ")));
    return answer(projection_.findings().at(id), control, r, state, hinted);
  }
  const Finding& finding = projection_.findings().at(subject->finding);
  const bool same_evidence = finding.source == r.source && finding.offset == r.offset;
  const bool news = finding.differs != differs || now_.wall - finding.last_at >= std::chrono::minutes{1};
  if (!same_evidence && news) {
    record("finding.occurred",
           {{"finding", finding.id}, {"differs", differs}, {"source", r.source}, {"offset", r.offset}});
  }
  answer(finding, control, r, state, hinted);
}

void Core::resolve(const std::string& finding, const std::string& by) {
  close_finding(finding, FindingState::resolved, by);
}

void Core::close_finding(const std::string& finding, FindingState state, const std::string& by) {
  const std::string why =
      fmt::format("the finding {}: {}", state == FindingState::resolved ? "resolved" : "is closed", by);
  for (const Run* open : projection_.runs_of(finding)) {
    // What a run has made stays a person's question, whether or not the finding is over.
    const bool asks = open->state == RunState::held && !made_something(*open);
    if (!asks && open->state != RunState::pending) continue;
    const std::uint64_t review = open->state == RunState::held ? open->review : 0;
    if (review != 0) close_review(review, "closed", "aright", why);
    move(*open, RunInput::cancel, why);
  }
  const std::string& subject = projection_.findings().at(finding).subject;
  for (const Workflow& w : config_.workflows) left_.erase(w.name + " " + subject);
  evidence_.erase(finding);
  findings_due_.erase(finding);
  tell(false, fmt::format("finding {} {}: {} ({})", finding, name(state), by, subject));
  record(fmt::format("finding.{}", name(state)), {{"finding", finding}, {"by", by}});
}

void Core::answer(const Finding& finding, const Control& control, const Resource& r, const State& state,
                  Hinted hinted) {
  if (draining_) return;  // everything is read again after the start
  for (const Workflow& w : config_.workflows) {
    if (!w.answers_to(control)) continue;
    const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
    if (const auto last = answers.find(w.name); last != answers.end() && last->second.runs != 0) {
      take_news(w.name + " " + finding.subject, state, hinted);
    }
    consider(finding, control, w, state, r.source == "rescan");
  }
}

/// A source has seen something, and what is read is not what the last run left: then its wait is not waited out. Our
/// own undo's event reads as what that run left. Where there is nothing to compare with, a change seen is enough.
void Core::take_news(const std::string& key, const State& state, Hinted hinted) {
  Left& left = left_[key];
  if (left.any_change) {
    left.news = left.news || hinted == Hinted::changed;
  } else if (!left.state) {
    left.state = digest_of(state);  // the run did not touch it: this is how it was left
  } else if (hinted != Hinted::no && !left.news) {
    left.news = *left.state != digest_of(state);
  }
}

/// Called when a run has ended, before it is forgotten.
void Core::remember_left(const Run& r, bool without_plan) {
  Left& left = left_[r.workflow + " " + r.subject];
  left = Left{.state = std::nullopt, .any_change = without_plan, .news = false};
  const auto active = active_.find(r.id);
  left.news = active != active_.end() && gap_at_ > active->second.asked;
  if (active == active_.end() || active->second.plans.size() != r.steps.size()) return;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    if (r.steps[i].resource.text() != r.subject) continue;
    const StepState state = r.steps[i].state;
    if (state == StepState::verified) left.state = digest_of(active->second.plans[i].after);
    const bool as_before = state == StepState::planned || state == StepState::undone || state == StepState::failed;
    if (as_before) left.state = digest_of(active->second.plans[i].before);
  }
}

void Core::consider(const Finding& finding, const Control& control, const Workflow& w, const State& state,
                    bool asked_for) {
  const Weighed weighed = weigh(finding, control, w, state, asked_for);
  const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(w.name);
  const bool noted = last != answers.end() && is_noted(control, finding, last->second);
  switch (weighed.outcome) {
    case Weighed::Outcome::off:
    case Weighed::Outcome::has_open_run:
    case Weighed::Outcome::answered: return;
    case Weighed::Outcome::does_not_apply: return noted ? void() : inapplicable(finding, w);
    case Weighed::Outcome::observed: return noted ? void() : observe(finding, w);
    case Weighed::Outcome::waits: return answer_again_in(finding, weighed.wait);
    case Weighed::Outcome::cools: return suppressed(finding, control, w, weighed.cool);
    case Weighed::Outcome::undecided:
    case Weighed::Outcome::runs: break;
  }
  create_run(finding, control, w, mode_for(finding, w));
  if (weighed.outcome == Weighed::Outcome::runs) return;
  const std::uint64_t id = *pending_.rbegin();  // the one just created
  pending_.erase(id);
  hold(*run(id), workflow::RunInput::hold, "when", "whether it answers cannot be told: " + weighed.trouble);
}

/// A resource's next occurrence is news; a log may say the same a thousand times.
bool Core::is_noted(const Control& control, const Finding& finding, const LastAnswer& last) {
  return control.on_events() ? last.noted != 0 : last.noted == finding.occurrences;
}

/// Recorded once per occurrence.
void Core::inapplicable(const Finding& finding, const Workflow& w) {
  ++figures_.verdicts["when suppress"];
  record("verdict.suppressed", {{"finding", finding.id},
                                {"workflow", w.name},
                                {"guard", "when"},
                                {"reason", line("does not answer this: " + w.when)}});
}

Nanos Core::wait_left(const LastAnswer* last, bool news) const {
  if (last == nullptr || last->runs == 0 || last->ended.boot_id != now_.boot_id) return Nanos::zero();
  const Nanos growing = run_retry * (1U << std::min<std::uint64_t>(last->runs - 1, run_retry_doublings));
  const Nanos wait = news ? news_retry : growing;
  return wait - elapsed_at_most(last->ended, now_);
}

std::optional<guard::Suppress> Core::cooling(const Workflow& w, const std::string& subject, Mode mode) const {
  const auto verdict = guard::cool_down({w, subject, projection_.admissions(w.name, mode == Mode::plan), now_});
  const auto* cool = std::get_if<guard::Suppress>(&verdict);
  return cool == nullptr ? std::nullopt : std::optional(*cool);
}

/// Recorded once per occurrence; the finding is looked at again when the time is over.
void Core::suppressed(const Finding& finding, const Control& control, const Workflow& w,
                      const guard::Suppress& verdict) {
  answer_again_in(finding, verdict.again_after);
  const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(w.name);
  if (last != answers.end() && is_noted(control, finding, last->second)) return;
  ++figures_.verdicts[verdict.guard + " suppress"];
  record("verdict.suppressed",
         {{"finding", finding.id}, {"workflow", w.name}, {"guard", verdict.guard}, {"reason", line(verdict.reason)}});
}

/// Mode observe: nothing is done; the shadow count shows what would have been held.
void Core::observe(const Finding& finding, const Workflow& w) {
  const auto verdict = guard::threshold({w, finding.subject, projection_.admissions(w.name, true), now_});
  const auto* held = std::get_if<guard::Hold>(&verdict);
  record("run.observed", {{"finding", finding.id},
                          {"workflow", w.name},
                          {"reason", held == nullptr ? "would run" : line("would be held: " + held->reason)}});
}

void Core::create_run(const Finding& finding, const Control& control, const Workflow& w, Mode mode) {
  const std::uint64_t id = projection_.next_run();
  record("run.created", {{"run", id},
                         {"finding", finding.id},
                         {"control", control.name},
                         {"control_hash", hashes_.at("control " + control.name)},
                         {"workflow", w.name},
                         {"version", hashes_.at("workflow " + w.name)},
                         {"subject", finding.subject},
                         {"severity", name(finding.severity)},
                         {"mode", name(mode)}});
  pending_.insert(id);
}

}  // namespace aright::engine
