// The findings that an event opened, was an occurrence of, or ended, as far as the history still tells.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/explain_parts.h"
#include "engine/event_sight.h"
#include "model/intake.h"

namespace aright::api {

namespace {

constexpr std::size_t finding_pages_max = 5;         ///< so many of the newest findings are looked through
constexpr std::size_t open_pages_max = 20;           ///< so many of the open ones of the event's source
constexpr std::uint64_t entries_looked_at = 20'000;  ///< and so many of the newest entries

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
      const bool ends = entry.bytes.contains("\"kind\":\"finding.resolved\"");
      if (!ends && !entry.bytes.contains("\"kind\":\"finding.o")) continue;  // opened, occurred
      const auto doc = parse_own_json(entry.bytes);
      if (!doc || source_name(text_of(*doc, "source")) != source_name(place.source)) continue;
      if (ends) {
        if (stands_at(*doc, place)) found.ended.insert(text_of(*doc, "finding"));
        continue;
      }
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

/// `finding` with what the event was to it; nullopt: nothing.
Result<std::optional<Json>> Api::as_told(Json finding, const EventPlace& place, const EventEntries& entries) {
  const std::string id = text_of(finding, "id");
  const bool ended = entries.ended.contains(id);
  if (!ended && source_name(text_of(finding, "source")) != source_name(place.source)) return std::optional<Json>();
  auto event = evidence_of(finding);
  if (!event) return std::unexpected(event.error());
  if (auto ok = hide_erased_title(finding); !ok) return std::unexpected(ok.error());
  const bool told_by_it = *event && stands_at(**event, place);
  const bool named = told_by_it || stands_at(finding, place) || entries.by_finding.contains(id);
  if (!named && !ended) return std::optional<Json>();
  const auto [opened, matched] = of_event(finding, told_by_it, entries);
  finding["opened"] = opened && named;
  finding["ended"] = ended;
  finding["differs"] = matched && named ? Json(*matched) : Json();
  const bool malformed = text_of(finding, "control") == engine::malformed_control;
  if (const std::string why = malformed ? kept_reason(place) : std::string(); !why.empty()) finding["differs"] = {why};
  if (told_by_it) finding["event"] = std::move(**event);
  return std::optional(std::move(finding));
}

/// Those that the event opened, was an occurrence of or ended; each with "opened" and "ended", and with
/// what this event, and no other, matched as "differs": null where that is not known. The newest of all stand
/// first, then those that are open and were last seen by it, then those that only entries name.
Result<std::vector<Json>> Api::findings_with(const EventPlace& place) {
  const auto entries = entries_that_name(place);
  if (!entries) return std::unexpected(entries.error());
  std::vector<Json> findings;
  std::set<std::string> seen;
  const auto take = [&](Json doc) -> Result<Done> {
    if (!seen.insert(text_of(doc, "id")).second) return Done{};
    auto told = as_told(std::move(doc), place, *entries);
    if (!told) return std::unexpected(told.error());
    if (*told) findings.push_back(std::move(**told));
    return Done{};
  };
  const auto look_through = [&](PageRequest wanted, std::size_t pages, bool all) -> Result<Done> {
    for (std::size_t i = 0; i < pages; ++i) {
      auto page = history_.page(wanted);
      if (!page) return std::unexpected(page.error());
      for (const Row& row : page->rows) {
        Json doc = doc_of(row);
        if (!all && !stands_at(doc, place)) continue;
        if (auto ok = take(std::move(doc)); !ok) return ok;
      }
      if (page->more == 0 || page->rows.empty()) break;
      wanted.before = page->rows.back().id;
    }
    return Done{};
  };
  const PageRequest newest{.table = "finding", .only_open = false, .limit = page_rows_max, .before = {}};
  if (auto ok = look_through(newest, finding_pages_max, true); !ok) return std::unexpected(ok.error());
  PageRequest open = newest;
  open.only_open = true;
  open.texts = {{"source", {place.source}}};
  if (auto ok = look_through(open, open_pages_max, false); !ok) return std::unexpected(ok.error());
  std::set<std::string> named = entries->ended;
  for (const auto& [id, entry] : entries->by_finding) named.insert(id);
  for (const std::string& id : named) {
    if (seen.contains(id)) continue;
    auto row = history_.row("finding", row_id("finding", id));
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    if (auto ok = take(doc_of(**row)); !ok) return std::unexpected(ok.error());
  }
  return findings;
}

}  // namespace aright::api
