// Hints → reads → findings as episodes.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "detect/compare.h"
#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr Nanos read_retry = std::chrono::seconds{1};
constexpr Nanos run_retry = std::chrono::seconds{10};  ///< after the first run that left the finding open; then doubled
constexpr std::uint64_t run_retry_doublings = 8;       ///< at most every 43 minutes
constexpr std::size_t refused_max = 100;               ///< refused ids recorded one by one; beyond that only counted

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
    inconclusive_list(*control, done.ids.error().message);
    if (done.ids.error().retry == Retry::yes) timers_.emplace(now_.boot + read_retry, ListAgain{control->name});
    return;
  }
  if (done.ids->empty()) return inconclusive_list(*control, "the list is empty, which proves nothing");
  if (list_trouble_.erase(control->name) != 0) record("control.conclusive", {{"control", control->name}});
  for (const std::string& id : *done.ids) {
    if (accept({control->driver, id})) read({control->driver, id}, done.source, done.offset);
  }
}

void Core::inconclusive_list(const Control& control, const std::string& error) {
  std::string& known = list_trouble_[control.name];
  if (known == error) return;
  known = error;
  record("control.inconclusive", {{"control", control.name}, {"subject", ""}, {"error", line(error)}});
}

/// An id that cannot enter a record cannot be acted on: counted, and recorded once.
bool Core::accept(const ResourceId& id) {
  if (recordable(id)) return true;
  ++figures_.refused;
  if (refused_.size() >= refused_max || !refused_.insert(line(id.text())).second) return false;
  const char* why = is_utf8(id.text()) ? "its name is longer than a record can hold" : "its name is not UTF-8";
  record("control.inconclusive", {{"subject", ""}, {"error", why}, {"note", line(id.text())}});
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
  if (!done.state) {
    inconclusive(r, done.state.error().message);
    if (done.state.error().retry == Retry::yes) read_in(r.id, read_retry);
  } else {
    if (!r.trouble.empty()) {
      r.trouble.clear();
      record("control.conclusive", {{"subject", r.id.text()}});
    }
    for (const Control* control : controls_about(r.id)) compare(*control, r, *done.state);
  }
  if (r.again && r.locked_by == 0 && !r.reading) start_read(r);
}

void Core::inconclusive(Resource& r, const std::string& error) {
  if (r.trouble == error) return;
  r.trouble = error;
  record("control.inconclusive", {{"subject", r.id.text()}, {"error", line(error)}});
}

void Core::compare(const Control& control, Resource& r, const State& state) {
  auto differs = short_list(detect::differing_fields(control.desired.fields, state.fields));
  if (!differs.empty()) return violated(control, r, std::move(differs));
  const SubjectState* subject = projection_.subject(control.name, r.id.text());
  if (subject != nullptr && subject->open) resolve(std::string(subject->finding), "read clean");
}

void Core::violated(const Control& control, Resource& r, std::vector<std::string> differs) {
  const std::string subject_text = r.id.text();
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
    return answer(projection_.findings().at(id), control, r.source == "rescan");
  }
  const Finding& finding = projection_.findings().at(subject->finding);
  const bool same_evidence = finding.source == r.source && finding.offset == r.offset;
  const bool news = finding.differs != differs || now_.wall - finding.last_at >= std::chrono::minutes{1};
  if (!same_evidence && news) {
    record("finding.occurred",
           {{"finding", finding.id}, {"differs", differs}, {"source", r.source}, {"offset", r.offset}});
  }
  answer(finding, control, r.source == "rescan");
}

void Core::resolve(const std::string& finding, const std::string& by) {
  for (const Run* open : projection_.runs_of(finding)) {
    // What a run has made stays a person's question, whether or not the finding is over.
    const bool asks = open->state == RunState::held && !made_something(*open);
    if (!asks && open->state != RunState::pending) continue;
    const std::uint64_t review = open->state == RunState::held ? open->review : 0;
    if (review != 0) close_review(review, "closed", "aright", "the finding resolved: " + by);
    move(*open, RunInput::cancel, "the finding resolved: " + by);
  }
  record("finding.resolved", {{"finding", finding}, {"by", by}});
}

void Core::answer(const Finding& finding, const Control& control, bool asked_for) {
  if (draining_) return;  // everything is read again after the start
  for (const Workflow& w : config_.workflows) {
    if (w.answers_to(control)) consider(finding, control, w, asked_for);
  }
}

/// A person's no, a review and (in mode plan) a plan are answers. A run that ended otherwise and left the finding open
/// is tried again, each time after a longer wait; `asked_for`: a person wants it now.
void Core::consider(const Finding& finding, const Control& control, const Workflow& w, bool asked_for) {
  static const std::set<std::string> answers{"denied", "expired", "rollback_failed"};
  const Mode mode = mode_of(w);
  if (mode == Mode::off) return;
  if (projection_.has_open_run(w.name, finding.subject)) return;  // one open run per (workflow, subject)
  const SubjectState& subject = *projection_.subject(finding.control, finding.subject);
  const auto found = subject.answers.find(w.name);
  const LastAnswer* last = found == subject.answers.end() ? nullptr : &found->second;
  if (mode == Mode::observe) {
    if (last == nullptr || last->noted != finding.occurrences) observe(finding, w);
    return;
  }
  if (last != nullptr && (answers.contains(last->state) || (last->state == "planned" && mode == Mode::plan))) return;
  if (const Nanos left = asked_for ? Nanos{0} : wait_left(last); left > Nanos::zero()) {
    const auto colon = finding.subject.find(':');
    return read_in({finding.subject.substr(0, colon), finding.subject.substr(colon + 1)}, left);
  }
  if (const auto verdict = cooling(w, finding.subject, mode)) return suppressed(finding, w, *verdict);
  create_run(finding, control, w, mode);
}

Nanos Core::wait_left(const LastAnswer* last) const {
  if (last == nullptr || last->runs == 0 || last->ended.boot_id != now_.boot_id) return Nanos::zero();
  const Nanos wait = run_retry * (1U << std::min<std::uint64_t>(last->runs - 1, run_retry_doublings));
  return wait - elapsed_at_most(last->ended, now_);
}

std::optional<guard::Suppress> Core::cooling(const Workflow& w, const std::string& subject, Mode mode) const {
  const auto verdict = guard::cool_down({w, subject, projection_.admissions(w.name, mode == Mode::plan), now_});
  const auto* cool = std::get_if<guard::Suppress>(&verdict);
  return cool == nullptr ? std::nullopt : std::optional(*cool);
}

/// Recorded once per occurrence; the finding is looked at again when the time is over.
void Core::suppressed(const Finding& finding, const Workflow& w, const guard::Suppress& verdict) {
  const auto colon = finding.subject.find(':');
  read_in({finding.subject.substr(0, colon), finding.subject.substr(colon + 1)}, verdict.again_after);
  const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
  const auto last = answers.find(w.name);
  if (last != answers.end() && last->second.noted == finding.occurrences) return;
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
