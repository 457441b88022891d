// Why what happens to a subject of events happens, or why nothing does.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr std::size_t subjects_told = 20;  ///< of what one control says of one event
constexpr std::size_t others_told = 3;     ///< controls that an event is not for, one by one

/// Of a workflow that answers this control, but not this finding of it.
std::string why_not(const Workflow& w, const Control& control, const Finding& finding) {
  const auto by_severity = [&](const Answer& answer) {
    return answer.matches(control) && answer.level && finding.severity < *answer.level;
  };
  if (std::ranges::any_of(w.answers, by_severity)) {
    return fmt::format("it does not answer severity {}", name(finding.severity));
  }
  std::vector<std::string> wanted;
  for (const Answer& answer : w.answers) {
    if (!answer.matches(control)) continue;
    wanted.push_back(answer.subject ? fmt::format("`{}`", answer.subject->text) : "what the control says");
  }
  return fmt::format("it answers findings about {}, and this one is about {}; {}", fmt::join(wanted, ", "),
                     finding.is_about("") ? "what the control says" : "what another answer says",
                     finding.is_about("") ? "an event that has no such subject is kept aside: `aright sources show`"
                                          : "each has a finding of its own");
}

/// Of a correlation that fired, and says nothing of its subject for as long as it counted together.
std::string is_silent(const CountedSoFar& counted) {
  return fmt::format(
      "it fired at {} and is silent here until {}: what matches before then opens no finding and is no occurrence",
      rfc3339(*counted.fired),
      rfc3339(*counted.fired + std::chrono::duration_cast<WallTime::duration>(counted.within)));
}

/// Of a control whose last finding on a subject is over: what opens the next one.
std::string last_is_over(bool correlates, bool silent, bool waived) {
  const char* next = correlates
                         ? "; when it fires again, another opens: not before its timespan has passed since it fired"
                         : "; the next event that matches opens another";
  return fmt::format("its last finding is over{}", silent || waived ? "" : next);
}

/// What lets workflows go no further than `most`; empty: nothing does. `further`: a run of it goes on beyond that.
std::string how_far(Mode most, const Finding& finding, bool correlates, bool further) {
  if (most < finding.mode_max) {
    return fmt::format("its source goes no further than mode {} now{}", name(most),
                       further ? "; what has begun goes on as it began" : "");
  }
  if (most <= Mode::observe) {
    return fmt::format("nobody vouches for who sent {}, so it is only observed",
                       correlates ? "some of what it takes" : "it");
  }
  if (most == Mode::auto_) return {};
  return fmt::format("{} no further than mode {}",
                     correlates ? "some of what it takes is of a source that goes" : "its source goes", name(most));
}

/// What one control says of one event, and what is known of each subject it says it of: `of_subject` in the form of
/// `explained_events`.
template <class OfSubject>
Json explained_view(const ControlView& view, const OfSubject& of_subject, Json& sentences) {
  const Control& control = *view.control;
  Json doc{{"control", control.name},
           {"kind", name(control.kind)},
           {"severity", name(control.severity)},
           {"looked", view.looked},
           {"matched", view.matched ? Json(*view.matched) : Json()},
           {"why", view.why},
           {"subjects", Json::array()}};
  if (!view.looked) return doc;
  sentences.push_back(fmt::format("{}: {}", control.name, view.why));
  for (const std::string& subject : view.over) {
    sentences.push_back(
        fmt::format("{}: on {}: its source says that it is over, which ends a finding that is open and opens none",
                    control.name, line(subject)));
  }
  for (const std::string& subject : view.subjects) {
    if (doc["subjects"].size() == subjects_told) {
      sentences.push_back(fmt::format("{}: and {} more subjects", control.name, view.subjects.size() - subjects_told));
      break;
    }
    const Json one = of_subject(control, subject);
    for (const Json& sentence : one.at("sentences")) {
      sentences.push_back(fmt::format("{}: on {}: {}", control.name, line(subject), sentence.get<std::string>()));
    }
    doc["subjects"].push_back({{"subject", line(subject)},
                               {"finding", one.at("finding")},
                               {"waiver", one.at("waiver")},
                               {"workflows", one.at("workflows")}});
  }
  return doc;
}

/// Takes from `view` the subjects of findings that are told elsewhere. True: that is all it says.
bool without_named(ControlView& view, const std::set<std::string>& named) {
  const auto is_named = [&](const std::string& subject) { return named.contains(view.control->name + " " + subject); };
  const std::size_t taken = std::erase_if(view.subjects, is_named);
  std::erase_if(view.over, is_named);
  return taken != 0 && view.subjects.empty();
}

}  // namespace

Result<Json> Core::carry_out(const ExplainEvent& question, const Identity& /*who*/) {
  const Event& event = question.event;
  Json doc{{"subject", fmt::format("{}:{}", line(event.source), event.offset)},
           {"at", rfc3339(now_.wall)},
           {"read", nullptr},  // again, perhaps, but not now
           {"blocked", blocked()},
           {"controls", Json::array()},
           {"sentences", Json::array()}};
  std::vector<std::string> others;
  bool matched = false;
  bool counted_together = false;
  const auto of_subject = [this](const Control& control, const std::string& subject) {
    const SubjectState* state = projection_.subject(control.name, subject);
    return explained_events(control, state != nullptr ? *state : SubjectState{control.name, subject, 0, {}, false, {}});
  };
  for (ControlView& view : sight_.views(event, question.source)) {
    if (without_named(view, question.named)) continue;
    doc["controls"].push_back(explained_view(view, of_subject, doc["sentences"]));
    if (!view.looked) others.push_back(fmt::format("{}: {}", view.control->name, view.why));
    if (view.subjects.size() == view.over.size() || view.told) continue;
    matched = true;
    counted_together = counted_together || sight_.correlates(*view.control);
  }
  if (matched) {
    doc["sentences"].push_back(fmt::format(
        "where a control matches and no finding names the event, it came together with others (a finding names the "
        "last of what was read at once{}), a waiver held then, {}it was read under another configuration, or its "
        "finding is older than what is looked through",
        counted_together ? ", and of what has the same time a correlation counts all and names the one that fired it"
                         : "",
        counted_together ? "a correlation was silent then since it had fired, " : ""));
  }
  if (doc["controls"].empty() && question.named.empty()) doc["sentences"].push_back("no control looks at events");
  if (others.empty()) return doc;
  std::string told = fmt::format("{} did not look at it", counted(others.size(), "control"));
  for (std::size_t i = 0; i < std::min(others.size(), others_told); ++i) told += (i == 0 ? ": " : "; ") + others[i];
  if (others.size() > others_told) told += "; and others, which `-o json` names";
  doc["sentences"].push_back(std::move(told));
  return doc;
}

/// In the form of `explained`, without a reading: what happened cannot be read again.
Json Core::explained_events(const std::string& subject) const {
  Json doc{{"subject", subject}, {"at", rfc3339(now_.wall)}, {"controls", Json::array()}};
  doc["sentences"] = what_waits(subject);
  doc["read"] = nullptr;  // what happened cannot be
  doc["blocked"] = blocked();
  for (const Control& control : config_.controls) {
    const SubjectState* state = control.on_events() ? projection_.subject(control.name, subject) : nullptr;
    const Waiver* waiver = control.on_events() ? projection_.waiver(control.name, subject) : nullptr;
    if (state == nullptr && waiver == nullptr) continue;
    Json one =
        explained_events(control, state != nullptr ? *state : SubjectState{control.name, subject, 0, {}, false, {}});
    for (const Json& sentence : one.at("sentences")) {
      doc["sentences"].push_back(fmt::format("{}: {}", control.name, sentence.get<std::string>()));
    }
    one.erase("sentences");
    doc["controls"].push_back(std::move(one));
  }
  for (const CountedSoFar& so_far : sight_.counted_about(subject, now_.wall)) {
    const SubjectState* state = projection_.subject(so_far.control->name, subject);
    if (state != nullptr && state->open) continue;
    const bool told = state != nullptr || projection_.waiver(so_far.control->name, subject) != nullptr;
    if (!told && so_far.fired) {
      doc["sentences"].push_back(fmt::format("{}: {}", so_far.control->name, is_silent(so_far)));
    }
    const bool over = now_.wall - so_far.last >= so_far.within;
    doc["sentences"].push_back(fmt::format("{}: {} of {}, the last at {}{}", so_far.control->name, so_far.count,
                                           so_far.wanted, rfc3339(so_far.last),
                                           over ? ": too long ago to count with what comes now" : ""));
  }
  if (doc["controls"].empty() && !doc["sentences"].empty()) {
    doc["sentences"].push_back("no event has led to a finding on " + subject);
  } else if (doc["controls"].empty()) {
    doc["sentences"].push_back(
        fmt::format("no control in force has a finding on {}; findings name their subjects, such as "
                    "address=203.0.113.7 or host=web1",
                    subject));
  }
  return doc;
}

Json Core::explained_events(const Control& control, const SubjectState& subject) const {
  Json doc{{"control", control.name}, {"kind", name(control.kind)}, {"severity", name(control.severity)},
           {"matched", nullptr},      {"differs", Json::array()},   {"waiver", nullptr},
           {"finding", nullptr},      {"workflows", Json::array()}};
  Json& sentences = doc["sentences"] = Json::array();
  const Waiver* waiver = projection_.waiver(control.name, subject.subject);
  if (waiver != nullptr) {
    doc["waiver"] = waiver->to_json();
    sentences.push_back(fmt::format("{} ({}, owner {}) lets no finding open until {}{}", waiver->text(), waiver->reason,
                                    waiver->owner, rfc3339(waiver->expires_at), seen_meanwhile(*waiver)));
  }
  const bool correlates = sight_.correlates(control);
  std::vector<std::string> after;  // the answer is what people ask for, and comes before the silence and the count
  bool silent = false;
  if (correlates) {
    for (const CountedSoFar& so_far : sight_.counted_about(subject.subject, now_.wall)) {
      if (so_far.control->name != control.name || !so_far.fired) continue;
      after.push_back(is_silent(so_far));
      silent = true;
    }
  }
  if (!subject.open) {
    sentences.push_back(subject.episode == 0 ? "no event has led to a finding"
                                             : last_is_over(correlates, silent, waiver != nullptr));
  } else {
    const Finding& finding = projection_.findings().at(subject.finding);
    doc["matched"] = true;
    doc["differs"] = finding.differs;
    doc["finding"] = {{"id", finding.id},
                      {"episode", finding.episode},
                      {"occurrences", finding.occurrences},
                      {"opened_at", rfc3339(finding.opened_at)},
                      {"differs", finding.differs}};
    const bool told = control.alert && !control.alert->resolved.empty();
    after.push_back(
        fmt::format("{} since {}, the last from {} at offset {}; it is over when {}nothing comes "
                    "for {}",
                    counted(finding.occurrences, "occurrence"), rfc3339(finding.opened_at), finding.source,
                    finding.offset, told ? "the source says so, or " : "", format_duration(*control.resolve_after)));
    const Mode most = goes_to(finding);
    const auto runs = projection_.runs_of(finding.id);
    const bool further = std::ranges::any_of(runs, [&](const Run* r) { return mode_of(*r) > most; });
    if (std::string far = how_far(most, finding, correlates, further); !far.empty()) sentences.push_back(far);
  }
  bool answered = false;
  for (const Workflow& w : config_.workflows) {
    if (!w.answers_to(control)) continue;
    answered = true;
    if (subject.open && !w.answers_to(control, projection_.findings().at(subject.finding))) {
      const std::string why = why_not(w, control, projection_.findings().at(subject.finding));
      sentences.push_back(fmt::format("{}: {}", w.name, why));
      doc["workflows"].push_back({{"workflow", w.name}, {"mode", name(mode_of(w))}, {"why", why}});
      continue;
    }
    Json one = explained(w, control, subject, State{});
    if (subject.open && !one.at("waits").get<bool>()) {
      sentences.push_back(fmt::format("{}: {}", w.name, one.at("why").get<std::string>()));
    }
    doc["workflows"].push_back(std::move(one));
  }
  if (!answered) sentences.push_back("no workflow answers this control: its findings are recorded, nothing more");
  for (std::string& sentence : after) sentences.push_back(std::move(sentence));
  return doc;
}

}  // namespace aright::engine
