// What the history adds to an explanation of one event, by its place: its findings, or what is honestly not known.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/explain_parts.h"
#include "engine/event_sight.h"
#include "model/intake.h"

namespace aright::api {

namespace {

constexpr std::size_t finding_pages_max = 5;         ///< so many findings are looked through for an event
constexpr std::uint64_t entries_looked_at = 20'000;  ///< and so many of the newest entries

/// "auth" of "auth:/var/log/auth.log".
std::string source_name(const std::string& source) { return source.substr(0, source.find(':')); }

bool stands_at(const Json& doc, const EventPlace& place) {
  return text_of(doc, "source") == place.source && as_offset(doc.value("offset", Json())) == place.offset;
}

struct OfEvent {
  bool opened{false};
  std::optional<std::vector<std::string>> matched;  ///< nullopt: nobody knows
};

/// What one event was to `finding`: the one whose evidence it is (`told_by_it`), or one that an entry names.
OfEvent of_event(const Json& finding, bool told_by_it, const EventEntries& entries) {
  const bool alone = finding.value("occurrences", std::uint64_t{0}) == 1;
  const auto differs = finding.value("differs", std::vector<std::string>());
  if (told_by_it) {
    const auto entry = entries.by_evidence.find(text_of(finding.value("evidence", Json::object()), "id"));
    if (entry != entries.by_evidence.end()) return {entry->second.opened, entry->second.matched};
    return {true, alone ? std::optional(differs) : std::nullopt};
  }
  const auto entry = entries.by_finding.find(text_of(finding, "id"));
  if (entry != entries.by_finding.end() && entry->second.alone) return {entry->second.opened, entry->second.matched};
  return {alone, alone ? std::optional(differs) : std::nullopt};
}

/// Of a source by its name, or by that of a part of it; nullopt: nothing of it has been read.
Result<std::optional<Intake>> intake_of(const Json& intakes, const std::string& source) {
  const auto stored =
      std::ranges::find_if(intakes, [&](const Json& one) { return text_of(one, "source") == source_name(source); });
  if (stored == intakes.end()) return std::optional<Intake>();
  auto intake = Intake::from_json(*stored);
  if (!intake) return std::unexpected(intake.error());
  return std::optional(std::move(*intake));
}

}  // namespace

/// What the newest entries say: each names the last event of what was read at once, and keeps the first.
Result<EventEntries> Api::entries_that_name(const EventPlace& place) {
  EventEntries found;
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
      if (!doc || source_name(text_of(*doc, "source")) != source_name(place.source)) continue;
      const EventEntry one{text_of(*doc, "kind") == "finding.opened", doc->value("count", std::uint64_t{1}) == 1,
                           doc->value("differs", std::vector<std::string>())};
      if (stands_at(*doc, place)) found.by_finding[text_of(*doc, "finding")] = one;
      if (doc->contains("evidence")) found.by_evidence[text_of(doc->at("evidence"), "id")] = one;
    }
  }
  return found;
}

/// Why what stands there was kept aside, as far as that is kept; empty: it was not, or nobody knows.
std::string Api::kept_reason(const EventPlace& place) const {
  const auto intake = intake_of(operators_.intakes(), place.source);
  if (!intake || !*intake) return {};
  for (const Quarantined& one : (*intake)->kept) {
    if (one.source == place.source && one.offset == place.offset) return one.reason;
  }
  return {};
}

/// Those that the event opened or was an occurrence of, newest first; each with "opened", and with what this event, and
/// no other, matched as "differs": null where that is not known.
Result<std::vector<Json>> Api::findings_with(const EventPlace& place) {
  const auto entries = entries_that_name(place);
  if (!entries) return std::unexpected(entries.error());
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
      const bool told_by_it = *event && stands_at(**event, place);
      const auto [opened, matched] = of_event(doc, told_by_it, *entries);
      if (!told_by_it && !stands_at(doc, place) && !entries->by_finding.contains(text_of(doc, "id"))) continue;
      doc["opened"] = opened;
      doc["differs"] = matched ? Json(*matched) : Json();
      const bool malformed = text_of(doc, "control") == engine::malformed_control;
      if (const std::string why = malformed ? kept_reason(place) : std::string(); !why.empty()) doc["differs"] = {why};
      if (told_by_it) doc["event"] = std::move(**event);
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
    const Json& differs = finding.at("differs");
    const auto matched = differs.is_array() ? differs.get<std::vector<std::string>>() : std::vector<std::string>();
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
