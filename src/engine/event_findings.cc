#include "engine/event_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr std::size_t subject_makers_max = workflow::answer_subjects_max + 1;  ///< over reloads; the oldest goes

Result<Blob> seal_event(const Event& event, const std::string& finding, const EventsRead& read) {
  const Digest salt = sha256({as_text(read.seed), event.source, std::string_view("\0", 1), fmt::to_string(event.offset),
                              std::string_view("\0", 1), finding});
  return seal(State{event.to_json(), false}, salt_at(read.arrival, salt));
}

/// As a finding has it: nothing is said of what only the control itself made.
std::vector<std::string> made_by(const Sighting& sighting) {
  const bool answers = std::ranges::any_of(sighting.by, [](const std::string& one) { return !one.empty(); });
  return answers ? sighting.by : std::vector<std::string>{};
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

/// Once neither an open finding nor a run that goes on is told by it.
void EventFindings::forget_evidence(const Finding& was) {
  if (!was.evidence) return;
  const auto told_by_it = [&](const Finding& one) { return one.evidence && one.evidence->id == was.evidence->id; };
  const auto open = core_.projection_.findings().find(was.id);
  if (open != core_.projection_.findings().end() && told_by_it(open->second)) return;
  const auto runs = core_.projection_.runs_of(was.id);
  if (std::ranges::any_of(runs, [&](const Run* r) { return r->finding_was && told_by_it(*r->finding_was); })) return;
  core_.evidence_.erase(was.evidence->id);
}

/// Its first event says so by the token of one of our runs.
std::vector<Cause> EventFindings::causes_of(const Sighting& sighting) const {
  if (sighting.first == nullptr) return {};
  const auto by = caused_by(core_.key_, *sighting.first, core_.projection_.epochs());
  if (!by) return {};
  const Run* r = core_.run(*by);
  if (r == nullptr) return core_.own_changes_.of_run(*by);
  return led_on(core_.finding_of(*r).causes, {r->id, r->workflow, versions_text(r->version, r->control_hash),
                                              changed_text(r->subject), CauseProof::identity});
}

void EventFindings::take(const Sighting& sighting, const EventsRead& read) {
  const Control& control = *sighting.control;
  if (!recordable(subject_parts(sighting.subject))) {
    ++core_.figures_.refused;
    return;
  }
  if (const Waiver* waiver = core_.projection_.waiver(control.name, sighting.subject)) {
    if (sighting.over) return;
    return core_.abstentions_.waived(*waiver, {sighting.searches, sighting.source, sighting.offset, sighting.count});
  }
  const SubjectState* subject = core_.projection_.subject(control.name, sighting.subject);
  if (subject == nullptr || !subject->open) {
    if (!sighting.over) open(control, sighting, read);
    return;
  }
  const Finding& finding = core_.projection_.findings().at(subject->finding);
  if (sighting.over) return over(finding, sighting);
  again(finding, control, sighting, read);
}

/// What goes further than what told of it takes its place, with all it says; what goes less far is counted, no more.
void EventFindings::again(const Finding& finding, const Control& control, const Sighting& sighting,
                          const EventsRead& read) {
  Fields entry{{"finding", finding.id},
               {"differs", short_list(sighting.searches)},
               {"source", line(sighting.source)},
               {"offset", offset_json(sighting.offset)},
               {"count", sighting.count}};
  const std::string id = finding.id;
  const bool exchanged = sighting.mode_max > core_.goes_to(finding);
  if (sighting.mode_max < core_.goes_to(finding)) {  // nor does it keep open what would be over: it says less
    entry["told_mode"] = name(sighting.mode_max);
    core_.record("finding.occurred", std::move(entry));
    return;
  }
  const Level severity = sighting.severity.value_or(exchanged ? control.severity : finding.severity);
  const bool weighs = severity != finding.severity;
  if (weighs) entry["severity"] = name(severity);
  const auto causes = causes_of(sighting);
  if (causes != finding.causes && (exchanged || !causes.empty())) entry["causes"] = causes_json(causes);
  if (exchanged) {
    exchange(finding, sighting, read, entry);
  } else if (auto by = more_makers(finding, sighting.by)) {
    entry["subject_by"] = std::move(*by);
  }
  const auto before = exchanged ? std::optional(finding) : std::nullopt;
  core_.record("finding.occurred", std::move(entry));
  if (before) forget_evidence(*before);
  if (weighs) {
    core_.tell(false,
               fmt::format("finding {} is {} now: {} on {}", id, name(severity), control.name, sighting.subject));
    core_.weighs_anew(finding);
  }
  for (const Workflow& w : core_.config_.workflows) {
    if (const auto left = core_.left_.find(w.name + " " + sighting.subject); left != core_.left_.end())
      left->second.news = true;
  }
  core_.finding_due_in(id, *control.resolve_after);
  core_.answer_event(core_.projection_.findings().at(id), control, false);
}

/// Into the entry of an occurrence. Runs that are there keep what they began with.
void EventFindings::exchange(const Finding& finding, const Sighting& sighting, const EventsRead& read, Fields& entry) {
  entry["mode_max"] = name(sighting.mode_max);
  entry["subject"] = finding.subject;  // whoever erases what is kept of a subject finds it by that
  if (sighting.title != finding.title) entry["title"] = sighting.title;
  if (sighting.typed != finding.subject_typed) entry["subject_typed"] = sighting.typed;
  if (auto by = made_by(sighting); by != finding.subject_by) entry["subject_by"] = std::move(by);
  keep_evidence(finding.id, sighting, read, entry);
}

void EventFindings::keep_evidence(const std::string& finding, const Sighting& sighting, const EventsRead& read,
                                  Fields& entry) {
  if (sighting.first == nullptr) return;
  auto blob = seal_event(*sighting.first, finding, read);
  if (!blob) broken("an event can be kept", blob.error().message);
  entry["evidence"] = Json{{"id", blob->commitment.id}, {"size", blob->commitment.size}};
  core_.evidence_[blob->commitment.id] = sighting.first;
  core_.out_.blobs.push_back(std::move(*blob));
}

/// The other tool says so. Whose word counts for less ends nothing of more: it would stop what answers it.
void EventFindings::over(const Finding& finding, const Sighting& sighting) {
  if (sighting.mode_max < core_.goes_to(finding)) {
    const char* why = sighting.mode_max <= Mode::observe ? "which nobody vouches for" : "whose word counts for less";
    return core_.tell(true, fmt::format("{} says that {} is over, {}: finding {} stays open", sighting.source,
                                        sighting.subject, why, finding.id));
  }
  core_.resolve(std::string(finding.id), fmt::format("{} says that it is over", line(sighting.source)),
                {{"source", line(sighting.source)}, {"offset", offset_json(sighting.offset)}});
}

void EventFindings::open(const Control& control, const Sighting& sighting, const EventsRead& read) {
  const SubjectState* before = core_.projection_.subject(control.name, sighting.subject);
  const auto [episode, id] = core_.projection_.next_episode(control.name, sighting.subject);
  Fields entry{{"finding", id},
               {"control", control.name},
               {"control_hash", core_.hashes_.at("control " + control.name)},
               {"subject", sighting.subject},
               {"severity", name(sighting.severity.value_or(control.severity))},
               {"episode", episode},
               {"recurrence_of", before == nullptr ? std::string() : before->finding},
               {"differs", short_list(sighting.searches)},
               {"source", line(sighting.source)},
               {"offset", offset_json(sighting.offset)},
               {"count", sighting.count}};
  if (!sighting.title.empty()) entry["title"] = sighting.title;
  if (auto by = made_by(sighting); !by.empty()) entry["subject_by"] = std::move(by);
  if (!sighting.typed) entry["subject_typed"] = false;
  if (sighting.mode_max != Mode::auto_) entry["mode_max"] = name(sighting.mode_max);
  if (const auto causes = causes_of(sighting); !causes.empty()) entry["causes"] = causes_json(causes);
  keep_evidence(id, sighting, read, entry);
  core_.figures_.keys->opened(control.name, before != nullptr);
  core_.record("finding.opened", std::move(entry));
  core_.tell(false, fmt::format("finding {} opened: {} on {} ({} from {})", id, control.name, sighting.subject,
                                sighting.count, sighting.source));
  core_.finding_due_in(id, *control.resolve_after);
  core_.answer_event(core_.projection_.findings().at(id), control, false);
  core_.end_oldest_findings();
}

}  // namespace aright::engine
