#include "model/intake.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <tuple>

#include "model/content.h"
#include "model/doc.h"

namespace aright {

namespace {

auto place(const Lane& lane) { return std::tie(lane.part, lane.begin); }

/// In what is sorted by place.
auto find_lane(std::vector<Lane>& lanes, const std::string& part, std::uint64_t begin) {
  const auto at = std::ranges::lower_bound(lanes, std::tie(part, begin), {}, place);
  return at != lanes.end() && place(*at) == std::tie(part, begin) ? at : lanes.end();
}

bool names(const EventsRead& read, const Lane& lane) {
  return std::ranges::any_of(read.lanes, [&](const Lane& one) { return place(one) == place(lane); });
}

Json lane_json(const Lane& lane) {
  return {{"part", lane.part}, {"begin", offset_json(lane.begin)}, {"next", offset_json(lane.next)},
          {"at", lane.at},     {"first", offset_json(lane.first)}, {"first_at", lane.first_at}};
}

Json malformed_json(const Quarantined& one) {
  return {{"source", one.source}, {"offset", offset_json(one.offset)}, {"reason", one.reason},
          {"bytes", one.bytes},   {"commitment", one.commitment},      {"beginning", content_json(one.beginning)}};
}

Result<Quarantined> malformed_from(const Json& doc) {
  DocReader in(doc, "malformed record");
  Quarantined one{in.text("source"),  in.offset("offset"),   in.text("reason"),
                  in.number("bytes"), in.text("commitment"), {}};
  auto bytes = content_bytes(doc.value("beginning", Json()));
  if (!bytes) in.wrong("beginning");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  one.beginning = std::move(*bytes);
  return one;
}

Json completed_json(const std::vector<Completed>& all) {
  Json list = Json::array();
  for (const Completed& one : all) {
    list.push_back({{"definition", one.definition},
                    {"group", one.group},
                    {"least", name(one.least)},
                    {"most", name(one.most)},
                    {"until", std::to_string(one.until.time_since_epoch().count())}});
  }
  return list;
}

Result<Completed> completed_from(const Json& doc) {
  DocReader in(doc, "completed window");
  Completed one;
  one.definition = in.text("definition");
  one.group = in.texts("group");
  one.least = in.word("least", parse_mode);
  one.most = in.word("most", parse_mode);
  if (one.least > one.most) in.wrong("least");
  const std::string until = in.text("until");
  std::int64_t nanos = 0;
  const auto [stop, bad] = std::from_chars(until.data(), until.data() + until.size(), nanos);
  if (until.empty() || bad != std::errc{} || stop != until.data() + until.size()) in.wrong("until");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  one.until = WallTime(Nanos(nanos));
  return one;
}

}  // namespace

void note_lanes(std::vector<Lane>& known, const EventsRead& read) {
  for (const LanePlace& over : read.over) {
    if (const auto gone = find_lane(known, over.part, over.begin); gone != known.end()) known.erase(gone);
  }
  for (const Lane& lane : read.lanes) {
    const auto at = std::ranges::lower_bound(known, place(lane), {}, place);
    if (at != known.end() && place(*at) == place(lane)) {
      *at = lane;
    } else {
      known.insert(at, lane);
    }
  }
  if (known.size() <= lanes_max) return;
  std::ranges::sort(known, {}, [&](const Lane& lane) { return std::tuple(!names(read, lane), place(lane)); });
  known.resize(lanes_max);
  std::ranges::sort(known, {}, place);
}

std::vector<Lane> Intake::log_lanes() const {
  std::vector<Lane> of_files;
  std::ranges::remove_copy_if(lanes, std::back_inserter(of_files),
                              [this](const Lane& lane) { return is_deliveries(source, lane.part); });
  return of_files;
}

std::optional<std::uint64_t> Intake::deliveries_done() const {
  const auto found = std::ranges::find_if(lanes, [this](const Lane& lane) { return is_deliveries(source, lane.part); });
  return found == lanes.end() ? std::nullopt : std::optional(found->next);
}

void Intake::complete(Completed one) {
  completed.push_back(std::move(one));
  if (completed.size() > completed_kept) completed.erase(completed.begin());
}

bool Intake::done(const std::string& part, std::uint64_t offset) const {
  const auto after = std::ranges::upper_bound(lanes, std::tie(part, offset), {}, place);
  if (after != lanes.begin() && std::prev(after)->part == part) return offset < std::prev(after)->next;
  return after != lanes.end() && after->part == part;
}

void Intake::take(const EventsRead& read) {
  const auto fresh = [this](const auto& one) { return !done(one.source, one.offset); };
  const auto advances = [this](const Lane& lane) { return lane.next != 0 && !done(lane.part, lane.next - 1); };
  // What only refills windows, or says where a start goes on, is nothing new of the source.
  if (std::ranges::any_of(read.events, fresh) || std::ranges::any_of(read.quarantined, fresh) ||
      (read.skipped != 0 && std::ranges::any_of(read.lanes, advances))) {
    last_at = read.arrival;
  }
  events += static_cast<std::uint64_t>(std::ranges::count_if(read.events, fresh));
  for (const Event& event : read.events) {
    if (!fresh(event)) continue;
    timeless += event.no_time ? 1U : 0U;
    no_time = event.no_time ? event.no_time->text() : "";
  }
  for (const Gap& gap : read.gaps) {
    if (!fresh(gap)) continue;
    ++gaps;
    last_gap = gap.source + ": " + gap.reason;
  }
  for (const Quarantined& one : read.quarantined) {
    if (!fresh(one)) continue;
    ++malformed;
    kept.push_back(one);
  }
  if (kept.size() > malformed_kept) kept.erase(kept.begin(), kept.end() - malformed_kept);
  skipped += read.skipped;
  if (!read.looks_for.empty()) looks_for = read.looks_for;
  const std::vector<Lane> before = lanes;
  note_lanes(lanes, read);
  for (const Lane& known : before) {
    const auto now = find_lane(lanes, known.part, known.begin);
    if (now != lanes.end() && now->next < known.next) *now = known;  // read again, to refill windows: done stays done
  }
}

Json Intake::to_json() const {
  Json all_lanes = Json::array();
  for (const Lane& lane : lanes) all_lanes.push_back(lane_json(lane));
  Json all_kept = Json::array();
  for (const Quarantined& one : kept) all_kept.push_back(malformed_json(one));
  Json doc{{"source", source},     {"lanes", std::move(all_lanes)}, {"events", events},
           {"skipped", skipped},   {"malformed", malformed},        {"gaps", gaps},
           {"last_gap", last_gap}, {"last_at", rfc3339(last_at)},   {"kept", std::move(all_kept)}};
  // Only where there is something to say: the row of a source without such events is what it always was.
  if (timeless != 0) doc["timeless"] = timeless;
  if (!no_time.empty()) doc["no_time"] = no_time;
  if (late != 0) doc["late"] = late;
  if (!completed.empty()) doc["completed"] = completed_json(completed);
  if (!looks_for.empty()) doc["looks_for"] = looks_for;
  return doc;
}

Result<Intake> Intake::from_json(const Json& doc) {
  DocReader in(doc, "source");
  Intake made;
  made.source = in.text("source");
  made.events = in.number("events");
  made.skipped = in.number("skipped");
  made.malformed = in.number("malformed");
  if (doc.contains("timeless")) made.timeless = in.number("timeless");
  if (doc.contains("late")) made.late = in.number("late");
  if (doc.contains("no_time")) made.no_time = in.text("no_time");
  if (doc.contains("looks_for")) made.looks_for = in.texts("looks_for");
  made.gaps = in.number("gaps");
  made.last_gap = in.text("last_gap");
  made.last_at = in.time("last_at");
  for (const Json& item : in.array("lanes")) {
    DocReader lane(item, "lane");
    made.lanes.push_back({lane.text("part"), lane.offset("begin"), lane.offset("next"), item.value("at", Json()),
                          lane.offset("first"), item.value("first_at", Json())});
    if (auto ok = lane.finish(); !ok) return std::unexpected(ok.error());
  }
  for (const Json& item : in.array("kept")) {
    auto one = malformed_from(item);
    if (!one) return std::unexpected(one.error());
    made.kept.push_back(std::move(*one));
  }
  for (const Json& item : doc.contains("completed") ? in.array("completed") : Json::array()) {
    auto one = completed_from(item);
    if (!one) return std::unexpected(one.error());
    made.completed.push_back(std::move(*one));
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  std::ranges::sort(made.lanes, {}, place);
  return made;
}

}  // namespace aright
