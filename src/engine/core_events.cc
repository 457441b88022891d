// Records of logs and deliveries → sightings → findings, and how far each source is done.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "detect/sigma/about.h"
#include "engine/core.h"
#include "engine/event_findings.h"

namespace aright::engine {

namespace {

/// So long a source may lag behind on the disk while nothing that it says is recorded; after a crash it is read again.
constexpr Nanos flush_after = std::chrono::seconds{1};
constexpr std::size_t gaps_recorded_max = 10;  ///< of one batch, one by one

/// To tell of the first, the tenth, the hundredth: a log that lacks something now and then is no flood.
bool grew_much(std::uint64_t before, std::uint64_t now) {
  return now > before && (before == 0 || fmt::to_string(now).size() > fmt::to_string(before).size());
}

}  // namespace

const Event* Core::evidence_of(const Finding& finding) const {
  const auto found = finding.evidence ? evidence_.find(finding.evidence->id) : evidence_.end();
  return found == evidence_.end() ? nullptr : found->second.get();
}

/// As far as the source of its evidence allowed when that came, and may today as well.
Mode Core::goes_to(const Finding& finding) const {
  const Event* event = evidence_of(finding);
  if (event == nullptr && sight_.control(finding.control) == nullptr) return finding.mode_max;  // of a state
  const std::string& source = event == nullptr ? finding.source : event->source;
  const auto now = config_.source_modes.find(source.substr(0, source.find(':')));
  return now == config_.source_modes.end() ? finding.mode_max : std::min(finding.mode_max, now->second);
}

/// What a run that has not begun would begin with.
Mode Core::goes_to(const Run& r) const {
  if (r.finding_was) return std::min(r.mode, goes_to(*r.finding_was));
  const auto open = projection_.findings().find(r.finding);
  return open == projection_.findings().end() ? r.mode : std::min(r.mode, goes_to(open->second));
}

Mode Core::mode_for(const Finding& finding, const Workflow& w) const { return std::min(mode_of(w), goes_to(finding)); }

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
  for (const Sighting& sighting : seen.all()) EventFindings(*this).take(sighting, read);
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
    Sighting& sighting = seen.of(*control, detect::sigma::subject_of_source(one.source), read.mode_max);
    if (sighting.count++ == 0) sighting.searches = {one.reason};
    sighting.source = one.source;
    sighting.offset = one.offset;
  }
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
    std::vector<ReadFrom>& logs = all.logs[name];
    for (const Lane& lane : intake.lanes) {
      ReadFrom from{lane, sight_.has_windows() ? window_lanes_.before(name, lane) : std::nullopt};
      if (is_deliveries(name, lane.part)) {
        all.deliveries[name] = std::move(from);
      } else {
        logs.push_back(std::move(from));
      }
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
