#include "api/sources.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "api/answers.h"
#include "api/api.h"
#include "base/text.h"
#include "model/port/reserve.h"

namespace aright::api {

namespace {

constexpr std::uint64_t skipped_suspicious = 5;

const Json* stored_of(const Json& stored, const std::string& name) {
  for (const Json& one : stored) {
    if (one.value("source", "") == name) return &one;
  }
  return nullptr;
}

void add_stored(Json& item, const Json* stored, bool whole) {
  for (const char* counter : {"events", "skipped", "malformed", "gaps", "timeless", "late"}) {
    item[counter] = stored != nullptr ? stored->value(counter, Json(0)) : Json(0);
  }
  for (const char* text : {"last_gap", "last_at", "no_time"})
    item[text] = stored != nullptr ? stored->value(text, Json("")) : "";
  if (item["events"] == 0 && item["malformed"] == 0 && item["skipped"] == 0) item["last_at"] = "";
  if (whole) item["kept"] = stored != nullptr ? stored->value("kept", Json::array()) : Json::array();
}

/// What has stopped is the reading. A webhook goes on keeping what is posted; only without room does it take nothing.
std::string held_up(const Json& item) {
  if (item.value("no_space", false)) return std::string("intake has stopped: ") + lives_on_reserve;
  const bool posted = item.value("kind", "") == "webhook";
  const auto waiting = item.value("waiting", std::uint64_t{0});
  return fmt::format(
      "not read on: what comes of events cannot be stored now, or too many of its runs wait to begin; {}",
      posted ? fmt::format("deliveries are still kept, {} {}", waiting, waiting == 1 ? "waits" : "wait")
             : std::string("its lines wait where they are"));
}

std::string trouble_of(const Json& item) {
  const Json troubles = item.value("troubles", Json::object());
  const bool refuses = troubles.contains("intake");  // says more than that nothing is read on
  if (item.value("held_up", false) && !refuses) return held_up(item);
  if (!troubles.empty()) return (refuses ? troubles.at("intake") : *troubles.begin()).get<std::string>();
  if (const std::string why = item.value("no_time", ""); !why.empty()) {
    return fmt::format("no time: {}, in {} so far, which no correlation counts; see `time` of its `{}`", why,
                       counted(item["timeless"].get<std::uint64_t>(), "event"),
                       item.value("kind", "") == "webhook" ? "webhook" : "decode");
  }
  // Most lines of a log may be for nobody; that none ever is looks like a pattern with a mistake.
  const auto skipped = item["skipped"].get<std::uint64_t>();
  if (!item.value("patterned", false) || item["events"] != 0 || skipped < skipped_suspicious) return {};
  return fmt::format("none of {} lines fits a pattern of `decode`; a pattern is for the whole line", skipped);
}

}  // namespace

Json sources_json(const Json& stored, const Json& in_force, bool whole) {
  Json all = Json::array();
  for (const Json& one : in_force) {
    Json item = one;
    add_stored(item, stored_of(stored, one.value("source", "")), whole);
    item["configured"] = one.value("configured", true);
    item["trouble"] = trouble_of(item);
    all.push_back(std::move(item));
  }
  for (const Json& one : stored) {
    const std::string name = one.value("source", "");
    if (stored_of(in_force, name) != nullptr) continue;
    Json item{{"source", name}, {"kind", ""}, {"configured", false}, {"trouble", "not configured any more"}};
    add_stored(item, &one, whole);
    all.push_back(std::move(item));
  }
  return all;
}

http::Response Api::show_source(const Below& named, const http::Request& request) {
  for (const Json& doc : sources_json(operators_.intakes(), sources_(), true)) {
    if (doc.value("source", "") != named.id) continue;
    if (named.verb.empty()) return json(doc);
    if (named.verb != "tap") return no_such_path(request);
    if (!doc.value("configured", false)) {
      return problem({Errc::not_found, Retry::no, fmt::format("source {} is not configured any more", named.id)});
    }
    const auto after = request.query.find("after");
    const auto number = after == request.query.end() ? std::nullopt : as_number(after->second);
    if (after != request.query.end() && !number) {
      return problem({Errc::invalid, Retry::no, "after is a number, not \"" + after->second + "\""});
    }
    return json(tap_(named.id, number));
  }
  return problem({Errc::not_found, Retry::no, "no source " + named.id});
}

}  // namespace aright::api
