// Records of logs and deliveries → sightings → findings, and how far each source is done.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "detect/sigma/about.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

/// So long a source may lag behind on the disk while nothing that it says is recorded; after a crash it is read again.
constexpr Nanos flush_after = std::chrono::seconds{1};
constexpr std::size_t subject_makers_max = workflow::answer_subjects_max + 1;  ///< over reloads; the oldest goes
constexpr std::size_t gaps_recorded_max = 10;                                  ///< of one batch, one by one

Result<Blob> seal_event(const Event& event, const std::string& finding, const EventsRead& read) {
  const Digest salt = sha256({as_text(read.seed), event.source, std::string_view("\0", 1), fmt::to_string(event.offset),
                              std::string_view("\0", 1), finding});
  return seal(State{event.to_json(), false}, salt_at(read.arrival, salt));
}

/// To tell of the first, the tenth, the hundredth: a log that lacks something now and then is no flood.
bool grew_much(std::uint64_t before, std::uint64_t now) {
  return now > before && (before == 0 || fmt::to_string(now).size() > fmt::to_string(before).size());
}

/// Nothing is said of what only the control itself made.
bool made_by_answers(const std::vector<std::string>& by) {
  return std::ranges::any_of(by, [](const std::string& one) { return !one.empty(); });
}

/// All that have made the subject of `finding` by now. nullopt: `by` is known.
std::optional<std::vector<std::string>> more_makers(const Finding& finding, const std::vector<std::string>& by) {
  std::vector<std::string> all = finding.subject_by.empty() ? std::vector<std::string>{""} : finding.subject_by;
  const std::size_t known = all.size();
  for (const std::string& one : by) {
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
  if (all.size() == known) return std::nullopt;
  if (all.size() > subject_makers_max) all.erase(all.begin(), all.end() - subject_makers_max);
  return all;
}

}  // namespace

const Event* Core::evidence_of(const Finding& finding) const {
  const auto found = evidence_.find(finding.id);
  return found == evidence_.end() ? nullptr : found->second.get();
}

Mode Core::mode_for(const Finding& finding, const Workflow& w) const { return std::min(mode_of(w), finding.mode_max); }

void Core::on(EventsRead& read) {
  Intake& intake = intakes_[read.source];
  intake.source = read.source;
  window_lanes_.heard(read.source, read.behind, now_.boot);
  Sightings seen;
  sight_.look(read, intake, seen);
  if (!window_lanes_.catching_up(now_.boot)) sight_.settle();
  for (Completed& one : seen.completed) {
    one.aside = aside_.next;
    intake.complete(std::move(one));
  }
  if (intake.completed.size() > completed_kept / 2 && !aside_.in_flight) aside_.due = now_.boot;
  for (Quarantined& one : read.quarantined) one.reason = line(one.reason);
  for (Gap& gap : read.gaps) gap.reason = line(gap.reason);
  take_quarantined(read, intake, seen);
  std::size_t gaps = 0;
  for (const Gap& gap : read.gaps) {
    if (intake.done(gap.source, gap.offset) || ++gaps > gaps_recorded_max) continue;
    record("source.gap", {{"source", line(gap.source)}, {"note", line(gap.reason)}});
    tell(true, fmt::format("source {}: {}", gap.source, gap.reason));
  }
  for (const Sighting& sighting : seen.all()) sighted(sighting, read);
  next_turns();  // what is critical now may take one that is kept for such
  const std::uint64_t events = intake.events;
  const std::uint64_t malformed = intake.malformed;
  const std::uint64_t all_gaps = intake.gaps;
  const std::uint64_t timeless = intake.timeless;
  intake.take(read);
  if (grew_much(intake.late, intake.late + seen.late)) {
    tell(true, fmt::format("source {}: {} came too late for a correlation, which did not count such events",
                           read.source, counted(intake.late + seen.late, "event")));
  }
  intake.late += seen.late;
  if (grew_much(timeless, intake.timeless)) {
    const std::string why = intake.no_time.empty() ? std::string() : ": " + intake.no_time;
    tell(true, fmt::format("source {}: {} had no time{}; no correlation counts such events", read.source,
                           counted(intake.timeless, "event"), why));
  }
  window_lanes_.note(read);
  figures_.log_events += intake.events - events;
  figures_.malformed += intake.malformed - malformed;
  figures_.gaps += intake.gaps - all_gaps;
  intakes_moved_.insert(read.source);
  if (!intakes_due_) intakes_due_ = now_.boot + flush_after;
  aside_.bytes += read.bytes;
  if (!aside_.due && sight_.has_windows()) aside_.due = now_.boot + WindowsAside::every;
}

void Core::on(const SourcesBegin& begin) {
  for (const std::string& source : begin.sources) window_lanes_.heard(source, true, now_.boot);
}

void Core::take_quarantined(const EventsRead& read, const Intake& intake, Sightings& seen) {
  const Control* control = sight_.control(malformed_control);
  for (const Quarantined& one : read.quarantined) {
    if (control == nullptr || intake.done(one.source, one.offset)) continue;
    Sighting& sighting = seen.of(*control, detect::sigma::subject_of_source(one.source));
    if (sighting.count++ == 0) sighting.searches = {one.reason};
    sighting.source = one.source;
    sighting.offset = one.offset;
  }
}

/// Its first event says so by the token of one of our runs.
std::vector<Cause> Core::causes_of(const Sighting& sighting) const {
  if (sighting.first == nullptr) return {};
  const auto by = caused_by(key_, *sighting.first, projection_.epochs());
  if (!by) return {};
  const Run* r = run(*by);
  if (r == nullptr) return own_changes_.of_run(*by);
  return led_on(finding_of(*r).causes, {r->id, r->workflow, versions_text(r->version, r->control_hash),
                                        changed_text(r->subject), CauseProof::identity});
}

void Core::sighted(const Sighting& sighting, const EventsRead& read) {
  const Control& control = *sighting.control;
  if (!recordable(subject_parts(sighting.subject))) {
    ++figures_.refused;
    return;
  }
  if (const Waiver* waiver = projection_.waiver(control.name, sighting.subject)) {
    if (sighting.over) return;
    return abstentions_.waived(*waiver, {sighting.searches, sighting.source, sighting.offset, sighting.count});
  }
  const SubjectState* subject = projection_.subject(control.name, sighting.subject);
  if (subject == nullptr || !subject->open) {
    if (!sighting.over) open_on_event(control, sighting, read);
    return;
  }
  const Finding& finding = projection_.findings().at(subject->finding);
  if (sighting.over) return reported_over(finding, sighting, read);
  Fields entry{{"finding", finding.id},
               {"differs", short_list(sighting.searches)},
               {"source", line(sighting.source)},
               {"offset", offset_json(sighting.offset)},
               {"count", sighting.count}};
  if (read.mode_max > finding.mode_max) entry["mode_max"] = name(read.mode_max);
  const Level severity = sighting.severity.value_or(finding.severity);
  const bool weighs = severity != finding.severity && read.mode_max >= finding.mode_max;  // its word counts for as much
  if (weighs) entry["severity"] = name(severity);
  if (const auto causes = causes_of(sighting); !causes.empty() && causes != finding.causes) {
    entry["causes"] = causes_json(causes);
  }
  if (auto by = more_makers(finding, sighting.by)) entry["subject_by"] = std::move(*by);
  record("finding.occurred", std::move(entry));
  if (weighs) {
    tell(false,
         fmt::format("finding {} is {} now: {} on {}", finding.id, name(severity), control.name, sighting.subject));
    weighs_anew(finding);
  }
  for (const Workflow& w : config_.workflows) {
    if (const auto left = left_.find(w.name + " " + sighting.subject); left != left_.end()) left->second.news = true;
  }
  finding_due_in(finding.id, *control.resolve_after);
  answer_event(projection_.findings().at(subject->finding), control, false);
}

/// The other tool says so. Whose word counts for less ends nothing of more: it would stop what answers it.
void Core::reported_over(const Finding& finding, const Sighting& sighting, const EventsRead& read) {
  if (read.mode_max < finding.mode_max) {
    const char* why = read.mode_max <= Mode::observe ? "which nobody vouches for" : "whose word counts for less";
    return tell(true, fmt::format("{} says that {} is over, {}: finding {} stays open", sighting.source,
                                  sighting.subject, why, finding.id));
  }
  resolve(std::string(finding.id), fmt::format("{} says that it is over", line(sighting.source)));
}

void Core::open_on_event(const Control& control, const Sighting& sighting, const EventsRead& read) {
  const SubjectState* before = projection_.subject(control.name, sighting.subject);
  const auto [episode, id] = projection_.next_episode(control.name, sighting.subject);
  Fields entry{{"finding", id},
               {"control", control.name},
               {"control_hash", hashes_.at("control " + control.name)},
               {"subject", sighting.subject},
               {"severity", name(sighting.severity.value_or(control.severity))},
               {"episode", episode},
               {"recurrence_of", before == nullptr ? std::string() : before->finding},
               {"differs", short_list(sighting.searches)},
               {"source", line(sighting.source)},
               {"offset", offset_json(sighting.offset)},
               {"count", sighting.count}};
  if (!sighting.title.empty()) entry["title"] = sighting.title;
  if (made_by_answers(sighting.by)) entry["subject_by"] = sighting.by;
  if (!sighting.typed) entry["subject_typed"] = false;
  if (read.mode_max != Mode::auto_) entry["mode_max"] = name(read.mode_max);
  if (const auto causes = causes_of(sighting); !causes.empty()) entry["causes"] = causes_json(causes);
  if (sighting.first != nullptr) {
    auto blob = seal_event(*sighting.first, id, read);
    if (!blob) broken("an event can be kept", blob.error().message);
    entry["evidence"] = Json{{"id", blob->commitment.id}, {"size", blob->commitment.size}};
    out_.blobs.push_back(std::move(*blob));
    evidence_[id] = sighting.first;
  }
  figures_.keys->opened(control.name, before != nullptr);
  record("finding.opened", std::move(entry));
  tell(false, fmt::format("finding {} opened: {} on {} ({} from {})", id, control.name, sighting.subject,
                          sighting.count, sighting.source));
  finding_due_in(id, *control.resolve_after);
  answer_event(projection_.findings().at(id), control, false);
  end_oldest_findings();
}

void Core::answer_event(const Finding& finding, const Control& control, bool asked_for) {
  if (draining_) return;
  for (const Workflow& w : config_.workflows) {
    if (w.answers_to(control, finding)) consider(finding, control, w, State{}, asked_for);
  }
}

/// What an older mode, workflow or life left open may be answered now.
void Core::answer_events(bool asked_for) {
  std::vector<std::string> open;
  for (const auto& [id, finding] : projection_.findings()) {
    if (sight_.control(finding.control) != nullptr) open.push_back(id);
  }
  for (const std::string& id : open) {
    const Finding& finding = projection_.findings().at(id);
    const Control& control = *sight_.control(finding.control);
    finding_due_in(id, *control.resolve_after - (now_.wall - finding.last_at));
    answer_event(finding, control, asked_for);
  }
}

void Core::finding_due_in(const std::string& id, Nanos wait) {
  // Looked at earlier, what is left to wait is seen then.
  findings_due_.at_the_latest(id, now_.boot + std::max(wait, Nanos{std::chrono::milliseconds{1}}));
}

void Core::answer_again_in(const Finding& finding, Nanos wait) {
  if (const auto id = resource_of(finding.subject)) return read_in(*id, wait);
  finding_due_in(finding.id, wait);
}

/// Nothing came for `resolve_after`, or an answer's wait is over.
void Core::finding_due(const std::string& id) {
  const auto found = projection_.findings().find(id);
  if (found == projection_.findings().end()) return;
  const Finding& finding = found->second;
  const Control* control = sight_.control(finding.control);
  if (control == nullptr) return;
  const Nanos quiet = std::max(Nanos{0}, now_.wall - finding.last_at);
  if (quiet >= *control->resolve_after) {
    return resolve(std::string(id), fmt::format("nothing came for {}", format_duration(*control->resolve_after)));
  }
  finding_due_in(id, *control->resolve_after - quiet);
  answer_event(finding, *control, false);
}

/// A flood of subjects must not fill the memory. Looked for many at a time: all of them may be at work.
void Core::end_oldest_findings() {
  const std::size_t most = config_.limits.findings;
  const std::size_t many = std::max<std::size_t>(most / 16, 1);
  if (findings_due_.size() <= most || (findings_due_.size() - most - 1) % many != 0) return;
  std::vector<std::string> oldest;
  for (const auto& [due, id] : findings_due_.order()) {
    if (!projection_.runs_of(*id).empty()) continue;
    oldest.push_back(*id);
    if (oldest.size() == many) break;
  }
  const std::string why = fmt::format("more than {} findings on events are open, and nothing is at work on it", most);
  for (const std::string& id : oldest) resolve(id, why);
}

/// What is remembered of sources, windows and evidence from the life before.
void Core::take_up_events(Remembered& remembered) {
  for (Intake& intake : remembered.intakes) intakes_[intake.source] = std::move(intake);
  for (auto& [id, event] : remembered.evidence) evidence_[id] = std::make_shared<const Event>(std::move(event));
  std::string trouble = std::move(remembered.snapshot_trouble);
  std::vector<std::string> dropped;
  for (const WindowSnapshot& snapshot : remembered.snapshots) {
    if (!trouble.empty()) break;
    aside_.next = snapshot.number + 1;
    window_lanes_.restore(snapshot.sources);
    auto restored = sight_.restore(snapshot.windows);
    if (!restored) {
      trouble = restored.error().message;
    } else {
      dropped = std::move(*restored);
    }
  }
  aside_.whole_next = remembered.snapshots.empty() || !trouble.empty() || !dropped.empty();
  if (!trouble.empty()) {
    sight_ = EventSight(sight_.rules(), config_);  // what was restored until then is half of it
    window_lanes_.lose();
    dropped = {"all: " + trouble};
  }
  for (const auto& [name, intake] : intakes_) {
    for (const Completed& one : intake.completed) sight_.note_completed(one);
  }
  if (aside_.whole_next && sight_.has_windows()) aside_.due = now_.boot;
  if (!dropped.empty()) record("windows.dropped", {{"correlations", short_list(dropped)}});
  for (const std::string& one : dropped) tell(true, "the window of a correlation begins empty: " + line(one));
}

/// A correlation that is the same keeps what it has counted.
void Core::change_rules(std::shared_ptr<const detect::sigma::RuleSet> rules) {
  EventSight before = std::exchange(sight_, EventSight(std::move(rules), config_));
  const std::vector<std::string> dropped = sight_.take_over(before);
  aside_.whole_next = true;
  if (sight_.has_windows()) aside_.due = now_.boot;  // from now on what they hold begins here
  if (dropped.empty()) return;
  record("windows.dropped", {{"correlations", short_list(dropped)}});
  for (const std::string& one : dropped) tell(false, "the window of a correlation begins empty: " + line(one));
}

Places Core::read_from() const {
  Places all;
  for (const auto& [name, intake] : intakes_) {
    std::vector<ReadFrom>& places = all[name];
    for (const Lane& lane : intake.lanes) {
      places.push_back({lane, sight_.has_windows() ? window_lanes_.before(name, lane) : std::nullopt});
    }
  }
  return all;
}

/// With whatever is stored anyway, else once in a while: most events leave nothing else to store.
void Core::flush_intakes() {
  if (intakes_moved_.empty()) return;
  const bool stored_anyway = !out_.entries.empty() || draining_;
  if (!stored_anyway && intakes_due_ && now_.boot < *intakes_due_) return wake_at(*intakes_due_);
  for (const std::string& source : std::exchange(intakes_moved_, {})) {
    out_.intakes.push_back({source, intakes_.at(source).to_json().dump()});
  }
  intakes_due_.reset();
}

/// Written after the commit that makes durable what came of everything in it.
void Core::flush_snapshot() {
  if (!aside_.due || aside_.in_flight || draining_) return;
  if (now_.boot < *aside_.due && aside_.bytes < WindowsAside::bytes_max) return wake_at(*aside_.due);
  intakes_due_ = now_.boot;
  flush_intakes();
  auto snapshot = std::make_shared<WindowSnapshot>();
  snapshot->number = aside_.next;
  snapshot->whole = aside_.whole_next;
  for (const auto& [name, intake] : intakes_) {
    // What is done but not read again yet is in no window: it is to be read again after another end as well.
    for (const Lane& lane : intake.lanes) {
      snapshot->sources[name].push_back(window_lanes_.before(name, lane).value_or(lane));
    }
  }
  snapshot->windows = sight_.take_windows(aside_.whole_next);
  aside_ = {.next = aside_.next + 1, .whole_next = false, .in_flight = true};
  out_.work.emplace_back(DoSnapshot{std::move(snapshot)});
}

void Core::on(SnapshotDone& done) {
  aside_.in_flight = false;
  if (done.written) {
    ++figures_.snapshots;
    figures_.snapshot_trouble.clear();
    for (auto& [name, intake] : intakes_) {
      const auto in_it = [&](const Completed& one) { return one.aside < aside_.next; };
      if (std::erase_if(intake.completed, in_it) != 0) intakes_moved_.insert(name);
    }
    if (!intakes_moved_.empty() && !intakes_due_) intakes_due_ = now_.boot + flush_after;
    return;
  }
  aside_.whole_next = true;  // what it held is not in any file
  if (!aside_.due) aside_.due = now_.boot + WindowsAside::every;
  if (figures_.snapshot_trouble != done.written.error().message) {
    tell(true, "the windows of correlations cannot be put aside: " + line(done.written.error().message));
  }
  figures_.snapshot_trouble = done.written.error().message;
}

}  // namespace aright::engine
