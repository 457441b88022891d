// What the history adds to an explanation of one event, by its place: its findings, or what is honestly not known.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/explain_parts.h"
#include "base/text.h"
#include "engine/event_sight.h"
#include "model/intake.h"

namespace aright::api {

namespace {

constexpr std::size_t subjects_told = 5;  ///< of the findings of one event

std::string event_sentence(const Json& finding, const EventPlace& place) {
  const Json& differs = finding.at("differs");
  const auto matched = differs.is_array() ? differs.get<std::vector<std::string>>() : std::vector<std::string>();
  const bool opened = finding.at("opened") == true;
  const char* did = opened ? "opened" : finding.at("ended") == true ? "ended" : "is an occurrence of";
  return fmt::format("event {}:{} {} finding {} of control {} on {}{}; it is {}", place.source, place.offset, did,
                     text_of(finding, "id"), text_of(finding, "control"), text_of(finding, "subject"),
                     matched.empty() ? "" : fmt::format(", matched by {}", fmt::join(matched, ", ")),
                     text_of(finding, "state"));
}

std::vector<std::string> sentences_of(const Json& answer) {
  return answer.value("sentences", std::vector<std::string>());
}

}  // namespace

std::string source_name(const std::string& source) { return source.substr(0, source.find(':')); }

Result<std::optional<Intake>> intake_of(const Json& intakes, const std::string& source) {
  const auto stored =
      std::ranges::find_if(intakes, [&](const Json& one) { return text_of(one, "source") == source_name(source); });
  if (stored == intakes.end()) return std::optional<Intake>();
  auto intake = Intake::from_json(*stored);
  if (!intake) return std::unexpected(intake.error());
  return std::optional(std::move(*intake));
}

Result<Json> Api::explain_event(const EventPlace& place, const http::Request& request) {
  const auto findings = findings_with(place);
  if (!findings) return std::unexpected(findings.error());
  if (findings->empty()) return without_finding(place, request);
  std::vector<std::string> first;
  Json event{{"source", place.source}, {"offset", place.offset}, {"findings", Json::array()}};
  for (const Json& finding : *findings) {
    first.push_back(event_sentence(finding, place));
    const auto runs = newest_runs("finding", text_of(finding, "id"));
    if (!runs) return std::unexpected(runs.error());
    add_runs(first, *runs);
    event["findings"].push_back(finding);
  }
  auto answer = explain_subjects(*findings, request);
  if (!answer) return answer;
  (*answer)["event"] = std::move(event);
  answer = with_other_controls(std::move(*answer), *findings, place, request);
  if (!answer) return answer;
  return with_first(std::move(*answer), std::move(first));
}

/// Of the first the answer itself; of other subjects under "others", and their sentences among its own.
Result<Json> Api::explain_subjects(const std::vector<Json>& findings, const http::Request& request) {
  std::vector<std::string> subjects;
  for (const Json& finding : findings) {
    const std::string subject = text_of(finding, "subject");
    if (std::ranges::find(subjects, subject) == subjects.end()) subjects.push_back(subject);
  }
  Json answer;
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < std::min(subjects.size(), subjects_told); ++i) {
    auto one = ask(engine::Explain{subjects[i]}, request);
    if (!one) return one;
    for (const std::string& sentence : sentences_of(*one)) {
      sentences.push_back(subjects.size() == 1 ? sentence : fmt::format("on {}: {}", subjects[i], sentence));
    }
    one->erase("sentences");
    if (i == 0) {
      answer = std::move(*one);
    } else {
      answer["others"].push_back(std::move(*one));
    }
  }
  if (subjects.size() > subjects_told) {
    sentences.push_back(fmt::format("and {}: `aright explain` of each tells why",
                                    counted(subjects.size() - subjects_told, "more subject")));
  }
  answer["sentences"] = std::move(sentences);
  return answer;
}

/// What those say of the event that no finding of it is of, where its source still has it.
Result<Json> Api::with_other_controls(Json answer, const std::vector<Json>& findings, const EventPlace& place,
                                      const http::Request& request) {
  const auto again = read_place_(source_name(place.source), place);
  if (!again || !again->event) return answer;
  engine::ExplainEvent question{source_name(place.source), *again->event, {}};
  for (const Json& finding : findings) {
    question.named.insert(text_of(finding, "control") + " " + text_of(finding, "subject"));
  }
  const auto said = ask(std::move(question), request);
  if (!said) return said;
  for (const std::string& sentence : sentences_of(*said)) answer["sentences"].push_back(sentence);
  for (const Json& control : said->value("controls", Json::array())) answer["controls"].push_back(control);
  return answer;
}

/// What can be said of an event that no finding names.
Result<Json> Api::without_finding(const EventPlace& place, const http::Request& request) {
  const std::string shown = fmt::format("{}:{}", place.source, place.offset);
  const auto known = intake_of(operators_.intakes(), place.source);
  if (!known) return std::unexpected(known.error());
  if (!*known) {
    return fail(Errc::not_found, fmt::format("no source {} has been read; `aright sources list` names those there are",
                                             source_name(place.source)));
  }
  const std::optional<Intake>& intake = *known;
  if (const std::string why = kept_reason(place); !why.empty()) {
    Json doc{{"subject", shown}, {"at", rfc3339(intake->last_at)}, {"controls", Json::array()}};
    return with_first(std::move(doc), {fmt::format("{} is no event: it was kept aside as malformed: {}", shown, why)});
  }
  const auto part = std::ranges::find(intake->lanes, place.source, &Lane::part);
  if (part == intake->lanes.end() && !intake->lanes.empty()) {
    return fail(Errc::not_found, fmt::format("source {} has no part {}; its events are named as {}:OFFSET",
                                             intake->source, place.source, intake->lanes.front().part));
  }
  if (!intake->done(place.source, place.offset)) {
    return fail(Errc::not_found, fmt::format("event {} has not been read yet", shown));
  }
  return looked_at_again(place, request);
}

/// Events are not kept, but where its source still has it, the controls can be asked.
Result<Json> Api::looked_at_again(const EventPlace& place, const http::Request& request) {
  const std::string shown = fmt::format("{}:{}", place.source, place.offset);
  const auto again = read_place_(source_name(place.source), place);
  if (!again) {
    return fail(
        Errc::not_found,
        fmt::format("{}: no finding names it, and it is not to be had again: {}. Whether no control matched it, "
                    "or it was counted together with others, cannot be told: events are not kept, only the "
                    "one that opens a finding",
                    shown, again.error().message));
  }
  if (!again->event) {
    Json doc{{"subject", shown}, {"at", rfc3339(std::chrono::system_clock::now())}, {"controls", Json::array()}};
    return with_first(std::move(doc),
                      {fmt::format("{} is no event, so no control sees it: {}", shown, again->why_none)});
  }
  auto answer = ask(engine::ExplainEvent{source_name(place.source), *again->event}, request);
  if (!answer) return answer;
  (*answer)["event"] = {{"source", place.source},
                        {"offset", place.offset},
                        {"findings", Json::array()},
                        {"read_again", true},
                        {"time", rfc3339(again->event->time)},
                        {"data", again->event->data}};
  return with_first(std::move(*answer),
                    {fmt::format("event {} was read, and no finding names it; this is what the controls of the "
                                 "configuration in force say of it as its source has it now",
                                 shown)});
}

}  // namespace aright::api
