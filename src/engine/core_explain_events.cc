// Why what happens to a subject of events happens, or why nothing does.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

namespace {

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

}  // namespace

/// In the form of `explained`, without a reading: what happened cannot be read again.
Json Core::explained_events(const std::string& subject) const {
  Json doc{{"subject", subject}, {"at", rfc3339(now_.wall)}, {"controls", Json::array()}};
  doc["sentences"] = what_waits(subject);
  doc["read"] = "ok";
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
  if (doc["controls"].empty()) {
    doc["sentences"].push_back("no event has led to a finding on " + subject +
                               "; findings name their subjects, such as address=203.0.113.7 or host=web1");
  }
  return doc;
}

Json Core::explained_events(const Control& control, const SubjectState& subject) const {
  Json doc{{"control", control.name}, {"kind", name(control.kind)}, {"severity", name(control.severity)},
           {"matched", nullptr},      {"differs", Json::array()},   {"waiver", nullptr},
           {"finding", nullptr},      {"workflows", Json::array()}};
  Json& sentences = doc["sentences"] = Json::array();
  if (const Waiver* waiver = projection_.waiver(control.name, subject.subject)) {
    doc["waiver"] = waiver->to_json();
    sentences.push_back(fmt::format("{} ({}, owner {}) lets no finding open until {}", waiver->text(), waiver->reason,
                                    waiver->owner, rfc3339(waiver->expires_at)));
  }
  if (!subject.open) {
    sentences.push_back(subject.episode == 0 ? "no event has led to a finding"
                                             : "its last finding is over; the next event that matches opens another");
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
    sentences.push_back(fmt::format(
        "{} event{} since {}, the last from {} at offset {}; it is over when {}nothing comes "
        "for {}",
        finding.occurrences, finding.occurrences == 1 ? "" : "s", rfc3339(finding.opened_at), finding.source,
        finding.offset, told ? "the source says so, or " : "", format_duration(*control.resolve_after)));
    if (finding.mode_max <= Mode::observe) {
      sentences.push_back("nobody vouches for who sent it, so it is only observed");
    } else if (finding.mode_max != Mode::auto_) {
      sentences.push_back(fmt::format("its source goes no further than mode {}", name(finding.mode_max)));
    }
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
  return doc;
}

}  // namespace aright::engine
