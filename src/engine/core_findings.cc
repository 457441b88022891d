// Hints → reads → findings as episodes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/utf8.h"
#include "detect/compare.h"
#include "engine/core.h"
#include "engine/event_findings.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr Nanos read_retry = std::chrono::seconds{1};  ///< after an error; then doubled
constexpr Nanos read_retry_max = std::chrono::minutes{5};
constexpr Nanos occurrence_wait = std::chrono::seconds{1};   ///< after the first, before the next is recorded; doubled
constexpr std::uint64_t occurrence_doublings = 6;            ///< at most one a minute, however often a state changes
constexpr Nanos occurrence_again = std::chrono::minutes{1};  ///< before the same state is one once more
constexpr std::size_t refused_max = 100;  ///< refused ids recorded one by one; beyond that only counted

constexpr const char* list_is_empty = "the list is empty, which proves nothing";

std::string list_of(const Control& control) { return "list of control " + control.name; }

Nanos occurrence_wait_after(std::uint64_t occurrences) {
  return std::min<Nanos>(occurrence_wait * (1U << std::min(occurrences - 1, occurrence_doublings)), occurrence_again);
}

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

/// Also what findings are open on: the list of a folder does not name what has gone.
void Core::read_all(const std::string& source, std::uint64_t offset) {
  for (const Control& control : config_.controls) scan(control, source, offset);
  read_findings(source, offset);
}

void Core::on(Hint& hint) {
  ++figures_.events;
  switch (hint.what) {
    case Hint::What::read_all:
      ++figures_.gaps;
      record("source.gap", {{"source", line(hint.source)}, {"note", line(hint.note)}});
      tell(true, fmt::format("{} has lost track, everything is read again: {}", hint.source, hint.note));
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
      if (controls_about(id).empty() || !accept(id)) return;
      read(id, hint.source, hint.offset);
      // A member has come, perhaps. Whatever else is wrong with a list no single hint mends, and in a storm of them it
      // would be read each time.
      for (const Control* control : controls_about(id)) {
        const auto known = troubles_.find(list_of(*control));
        if (known != troubles_.end() && known->second.error == list_is_empty) scan(*control, hint.source, hint.offset);
      }
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
  if (done.ids->empty()) return inconclusive_list(*control, list_is_empty, done.source);
  conclusive(list_of(*control), {{"control", control->name}});
  guarding_.seen_listed(control->name, done.ids->size());
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

/// A control of a folder is about what is in it: what has gone is no member of it, as its list says too. A path that
/// the control names is its business whether it is there or not.
bool has_gone(const Control& control, const ResourceId& id, const State& state) {
  return !state.fields.value("exists", true) &&
         std::ranges::find(control.select.ids, id.id) == control.select.ids.end();
}

std::optional<Error> Core::compare(const Control& control, Resource& r, const State& state, Hinted hinted) {
  if (has_gone(control, r.id, state)) {
    const SubjectState* member = projection_.subject(control.name, r.id.text());
    if (member != nullptr && member->open) resolve(std::string(member->finding), "gone");
    return std::nullopt;
  }
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

/// Equal states of a subject have equal marks, and nobody without the key can try out what a mark stands for.
std::string Core::mark(const std::string& subject, const State& state) const {
  const std::string text = subject + '\0' + canonical_json(state.fields).value_or(std::string());
  const Digest whole = hmac_sha256(key_, text);
  return hex(std::span(whole).first(16));
}

void Core::violated(const Control& control, Resource& r, const State& state, Hinted hinted,
                    std::vector<std::string> differs) {
  const std::string subject_text = r.id.text();
  if (const Waiver* waiver = projection_.waiver(control.name, subject_text)) {
    if (r.source == "retry") return;  // what we look at again by ourselves says nothing new
    return abstentions_.waived(*waiver, {std::move(differs), r.source, r.offset});
  }
  const std::string about = mark(subject_text, state);
  const SubjectState* subject = projection_.subject(control.name, subject_text);
  if (subject == nullptr || !subject->open) {
    const auto [episode, id] = projection_.next_episode(control.name, subject_text);
    Fields entry{{"finding", id},
                 {"control", control.name},
                 {"control_hash", hashes_.at("control " + control.name)},
                 {"subject", subject_text},
                 {"severity", name(control.severity)},
                 {"episode", episode},
                 {"recurrence_of", subject == nullptr ? std::string() : subject->finding},
                 {"differs", differs},
                 {"source", r.source},
                 {"offset", r.offset},
                 {"about", about}};
    if (const auto causes = own_changes_.of_state(subject_text, about); !causes.empty()) {
      entry["causes"] = causes_json(causes);
    }
    figures_.keys->opened(control.name, subject != nullptr);
    record("finding.opened", std::move(entry));
    tell(false,
         fmt::format("finding {} opened: {} on {} ({})", id, control.name, subject_text, fmt::join(differs, ", ")));
  } else {
    occurred(projection_.findings().at(subject->finding), r, about, std::move(differs));
  }
  answer(projection_.findings().at(projection_.subject(control.name, subject_text)->finding), control, r, state,
         hinted);
}

/// Another state is news, the same one only after a while and from other evidence. Where states follow each other
/// quickly, the last of them is what is recorded.
void Core::occurred(const Finding& finding, const Resource& r, const std::string& about,
                    std::vector<std::string> differs) {
  const auto& answers = projection_.subject(finding.control, finding.subject)->answers;
  const bool asked = std::ranges::any_of(answers, [](const auto& item) { return item.second.lacks_state(); });
  const Nanos since = now_.wall - finding.last_at;
  // What we look at again by ourselves is no other evidence.
  const bool same_evidence = r.source == "retry" || (finding.source == r.source && finding.offset == r.offset);
  const bool same = finding.about == about && finding.differs == differs;
  if (!asked && same && (same_evidence || since < occurrence_again)) return;
  const Nanos wait = occurrence_wait_after(finding.occurrences);
  const bool soon = since >= Nanos{0} && since < wait;  // a wall clock that stepped back holds nothing up
  if (!asked && !same && soon) return read_in(r.id, wait - since);
  Fields entry{{"finding", finding.id}, {"differs", std::move(differs)}, {"source", r.source}, {"offset", r.offset}};
  if (asked || finding.about != about) entry["about"] = about;
  const auto causes = own_changes_.of_state(finding.subject, about);
  if (finding.about != about && causes != finding.causes) entry["causes"] = causes_json(causes);
  record("finding.occurred", std::move(entry));
}

/// `more`: of the event that says so.
void Core::resolve(const std::string& finding, const std::string& by, Fields more) {
  close_finding(finding, FindingState::resolved, by, std::move(more));
}

void Core::close_finding(const std::string& finding, FindingState state, const std::string& by, Fields more) {
  const std::string why =
      fmt::format("the finding {}: {}", state == FindingState::resolved ? "resolved" : "is closed", by);
  for (const Run* open : projection_.runs_of(finding)) {
    // What a run has made stays a person's question, whether or not the finding is over.
    const bool rests = open->state == RunState::held || open->wait;
    const bool asks = rests && !made_something(*open);
    if (open->undo || (!asks && open->state != RunState::pending)) continue;
    const std::uint64_t review = open->state == RunState::held ? open->review : 0;
    if (review != 0) close_review(review, "closed", "aright", why);
    move(*open, RunInput::cancel, why);
  }
  const std::string& subject = projection_.findings().at(finding).subject;
  closed_subjects_.closed(projection_.findings().at(finding).control + " " + subject, now_.boot);
  for (const Workflow& w : config_.workflows) left_.erase(w.name + " " + subject);
  findings_due_.forget(finding);
  queues_.forget(finding);
  abstentions_.forget(finding);
  tell(false, fmt::format("finding {} {}: {} ({})", finding, name(state), by, subject));
  Fields entry{{"finding", finding}, {"by", by}};
  entry.append(std::move(more));
  if (const auto runs = projection_.runs_of(finding).size(); runs != 0) entry["runs"] = runs;  // that go on without it
  const Finding was = projection_.findings().at(finding);
  record(fmt::format("finding.{}", name(state)), std::move(entry));
  EventFindings(*this).forget_evidence(was);
}

}  // namespace aright::engine
