// What the history adds to the engine's explanation: runs by their number, findings by their id, events by their place.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "model/intake.h"

namespace aright::api {

namespace {

constexpr std::size_t finding_pages_max = 5;         ///< so many findings are looked through for an event
constexpr std::uint64_t entries_looked_at = 20'000;  ///< and so many of the newest entries

std::string text_of(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "auth" of "auth:/var/log/auth.log".
std::string source_name(const std::string& source) { return source.substr(0, source.find(':')); }

/// SOURCE:OFFSET; a path or a file's subject is none, whatever stands at its end.
std::optional<EventPlace> event_place(const std::string& about) {
  const auto colon = about.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  if (about.starts_with('/') || about.starts_with("file:") || about.contains('=')) return std::nullopt;
  const auto offset = as_number(std::string_view(about).substr(colon + 1));
  if (!offset) return std::nullopt;
  return EventPlace{about.substr(0, colon), *offset};
}

bool stands_at(const Json& doc, const EventPlace& place) {
  return text_of(doc, "source") == place.source && as_offset(doc.value("offset", Json())) == place.offset;
}

bool waits(const std::string& state) { return state == "held" || state == "unknown"; }

std::string run_sentence(const Json& run) {
  const std::string reason = text_of(run, "reason");
  const std::string at = text_of(run, "finished_at");
  return fmt::format("run {} of workflow {} on {}: {}{}{}", run.value("id", std::uint64_t{0}), text_of(run, "workflow"),
                     text_of(run, "subject"), text_of(run, "state"), at.empty() ? "" : " at " + at,
                     reason.empty() ? "" : ": " + reason);
}

/// Those that wait for a person the engine tells first itself.
void add_runs(std::vector<std::string>& sentences, const std::vector<Json>& runs) {
  for (const Json& run : runs) {
    if (!waits(text_of(run, "state"))) sentences.push_back(run_sentence(run));
  }
}

std::string finding_sentence(const Json& finding) {
  const std::string state = text_of(finding, "state");
  return fmt::format("finding {} of control {} is {}{}", text_of(finding, "id"), text_of(finding, "control"), state,
                     state == "open" ? "" : ": " + text_of(finding, "resolved_by"));
}

Json with_first(Json answer, std::vector<std::string> sentences) {
  Json& all = answer["sentences"];
  if (!all.is_array()) all = Json::array();
  for (const Json& one : all) sentences.push_back(one.get<std::string>());
  all = std::move(sentences);
  return answer;
}

}  // namespace

Result<Json> Api::found(const std::string& table, const std::string& id) {
  auto row = history_.row(table, row_id(table, id));
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(Errc::not_found, fmt::format("no {} {}", table, id));
  return doc_of(**row);
}

/// Of each workflow the newest, among the newest runs of all.
Result<std::vector<Json>> Api::newest_runs(const std::string& field, const std::string& value) {
  auto page = history_.page({.table = "run", .only_open = false, .limit = page_rows_max, .before = {}});
  if (!page) return std::unexpected(page.error());
  std::vector<Json> runs;
  std::set<std::string> workflows;
  for (const Row& row : page->rows) {
    Json doc = doc_of(row);
    if (text_of(doc, field.c_str()) == value && workflows.insert(text_of(doc, "workflow")).second) {
      runs.push_back(std::move(doc));
    }
  }
  return runs;
}

http::Response Api::explain(const std::string& about, const http::Request& request) {
  const auto explained = [&] {
    if (as_number(about)) return explain_run(about, request);
    if (about.starts_with("f-")) return explain_finding(about, request);
    if (const auto place = event_place(about)) return explain_event(*place, request);
    return explain_subject(about, request);
  };
  const auto answer = explained();
  return answer ? json(*answer) : problem(answer.error());
}

Result<Json> Api::explain_run(const std::string& id, const http::Request& request) {
  const auto run = found("run", id);
  if (!run) return run;
  auto answer = ask(engine::Explain{text_of(*run, "subject")}, request);
  if (!answer || waits(text_of(*run, "state"))) return answer;
  return with_first(std::move(*answer), {run_sentence(*run)});
}

Result<Json> Api::explain_finding(const std::string& id, const http::Request& request) {
  const auto finding = found("finding", id);
  if (!finding) return finding;
  const auto runs = newest_runs("finding", id);
  if (!runs) return std::unexpected(runs.error());
  auto answer = ask(engine::Explain{text_of(*finding, "subject")}, request);
  if (!answer) return answer;
  std::vector<std::string> first;
  if (text_of(*finding, "state") != "open") first.push_back(finding_sentence(*finding));
  add_runs(first, *runs);
  return with_first(std::move(*answer), std::move(first));
}

/// A run that failed is why nothing has changed.
Result<Json> Api::explain_subject(const std::string& subject, const http::Request& request) {
  const auto runs = newest_runs("subject", subject.starts_with('/') ? "file:" + subject : subject);
  if (!runs) return std::unexpected(runs.error());
  auto answer = ask(engine::Explain{subject}, request);
  if (!answer) return answer;
  std::vector<std::string> failed;
  for (const Json& run : *runs) {
    const std::string state = text_of(run, "state");
    if (state == "failed" || state == "rolled_back" || state == "rollback_failed") failed.push_back(run_sentence(run));
  }
  return with_first(std::move(*answer), std::move(failed));
}

/// The ids of findings in whose newest entries the event is named: each names the last event of what was read at once.
Result<std::set<std::string>> Api::findings_that_saw(const EventPlace& place) {
  std::set<std::string> ids;
  const std::uint64_t end = operators_.status().entries;
  std::uint64_t next = end - std::min(end, entries_looked_at);
  while (next < end) {
    const auto entries = history_.entries(next, page_rows_max);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) break;
    next = entries->back().seq + 1;
    for (const Entry& entry : *entries) {
      if (!entry.bytes.contains("\"kind\":\"finding.o")) continue;  // opened, occurred
      const auto doc = parse_own_json(entry.bytes);
      if (doc && stands_at(*doc, place)) ids.insert(text_of(*doc, "finding"));
    }
  }
  return ids;
}

/// Those that the event opened or was an occurrence of, newest first; each with "opened".
Result<std::vector<Json>> Api::findings_with(const EventPlace& place) {
  const auto seen = findings_that_saw(place);
  if (!seen) return std::unexpected(seen.error());
  std::vector<Json> findings;
  PageRequest wanted{.table = "finding", .only_open = false, .limit = page_rows_max, .before = {}};
  for (std::size_t i = 0; i < finding_pages_max; ++i) {
    auto page = history_.page(wanted);
    if (!page) return std::unexpected(page.error());
    for (const Row& row : page->rows) {
      Json doc = doc_of(row);
      if (source_name(text_of(doc, "source")) != source_name(place.source)) continue;
      auto event = evidence_of(doc);
      if (!event) return std::unexpected(event.error());
      if (auto ok = hide_erased_title(doc); !ok) return std::unexpected(ok.error());
      doc["opened"] = *event && stands_at(**event, place);
      if (doc["opened"] == false && !stands_at(doc, place) && !seen->contains(text_of(doc, "id"))) continue;
      if (*event && doc["opened"] == true) doc["event"] = std::move(**event);
      findings.push_back(std::move(doc));
    }
    if (page->more == 0 || page->rows.empty()) break;
    wanted.before = page->rows.back().id;
  }
  return findings;
}

Result<Json> Api::explain_event(const EventPlace& place, const http::Request& request) {
  const auto findings = findings_with(place);
  if (!findings) return std::unexpected(findings.error());
  if (findings->empty()) return without_finding(place, request);
  std::vector<std::string> first;
  Json event{{"source", place.source}, {"offset", place.offset}, {"findings", Json::array()}};
  for (const Json& finding : *findings) {
    const auto matched = finding.value("differs", std::vector<std::string>());
    first.push_back(fmt::format("event {}:{} {} finding {} of control {} on {}{}; it is {}", place.source, place.offset,
                                finding.at("opened") == true ? "opened" : "is an occurrence of", text_of(finding, "id"),
                                text_of(finding, "control"), text_of(finding, "subject"),
                                matched.empty() ? "" : fmt::format(", matched by {}", fmt::join(matched, ", ")),
                                text_of(finding, "state")));
    const auto runs = newest_runs("finding", text_of(finding, "id"));
    if (!runs) return std::unexpected(runs.error());
    add_runs(first, *runs);
    event["findings"].push_back(finding);
  }
  auto answer = ask(engine::Explain{text_of(findings->front(), "subject")}, request);
  if (!answer) return answer;
  (*answer)["event"] = std::move(event);
  return with_first(std::move(*answer), std::move(first));
}

/// What can be said of an event that no finding names.
Result<Json> Api::without_finding(const EventPlace& place, const http::Request& request) {
  const std::string shown = fmt::format("{}:{}", place.source, place.offset);
  const Json intakes = operators_.intakes();
  const auto stored = std::ranges::find_if(
      intakes, [&](const Json& one) { return text_of(one, "source") == source_name(place.source); });
  if (stored == intakes.end()) {
    return fail(Errc::not_found, fmt::format("no source {} has been read; `aright sources list` names those there are",
                                             source_name(place.source)));
  }
  auto intake = Intake::from_json(*stored);
  if (!intake) return std::unexpected(intake.error());
  for (const Quarantined& one : intake->kept) {
    if (one.source != place.source || one.offset != place.offset) continue;
    Json doc{{"subject", shown}, {"at", text_of(*stored, "last_at")}, {"controls", Json::array()}};
    return with_first(std::move(doc),
                      {fmt::format("{} is no event: it was kept aside as malformed: {}", shown, one.reason)});
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
    return fail(Errc::not_found,
                fmt::format("event {} was read, and no finding names it: no control matched it, or it was counted "
                            "together with others. Which, cannot be told: events are not kept, only the one that opens "
                            "a finding, and where it was read it is not to be had again: {}",
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
