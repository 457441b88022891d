#include "log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "detect/sigma/about.h"
#include "detect/sigma/detector.h"
#include "detect/sigma/read_rules.h"
#include "engine/event_sight.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

constexpr const char* rules_text = R"(
title: Failed login
name: failed-login
logsource: { product: sim }
detection:
  selection: { what: failed }
  condition: selection
---
title: Many failed logins
name: many-failed
correlation:
  type: event_count
  rules: [failed-login]
  group-by: [host]
  timespan: 10m
  condition: { gte: 3 }
  generate: true
)";

Event event_of(const LogLine& line, std::size_t index) {
  Event event{"log:/l", index * log_step, line.at, {{"", "sim", ""}}, Json::object(), {}};
  event.data = {{"what", "failed"}, {"address", line.address}, {"host", line.address}};
  if (!line.agent.empty()) event.data["agent"] = line.agent;
  return event;
}

Lane lane_at(std::size_t index) { return {"log:/l", 0, index * log_step, {{"line", index}}, 0, {{"line", 0}}}; }

}  // namespace

std::shared_ptr<const detect::sigma::RuleSet> log_rules() {
  Diagnostics out;
  auto documents = detect::sigma::read_rules(rules_text, "sim", out);
  auto rules = std::make_shared<const detect::sigma::RuleSet>(detect::sigma::RuleSet::build(std::move(documents), out));
  if (!out.empty()) std::abort();  // the text above is wrong
  return rules;
}

std::vector<Control> log_controls() {
  std::vector<Control> controls(3);
  controls[0].name = controls[0].rule_name = "failed-login";
  controls[1].name = controls[1].rule_name = "many-failed";
  controls[2].name = engine::malformed_control;
  for (Control& c : controls) {
    c.title = c.name;
    c.kind = c.rule_name.empty() ? ControlKind::builtin : ControlKind::sigma;
    c.resolve_after = 5min;
  }
  return controls;
}

LogReader::LogReader(const std::vector<LogLine>& lines, const std::vector<ReadFrom>& from) : lines_(lines) {
  if (from.empty()) return;
  const Lane lane = from.front().again.value_or(from.front().done);
  next_ = lane.at.at("line").get<std::size_t>();
}

EventsRead LogReader::read(std::size_t most, WallTime now, const Digest& seed) {
  EventsRead read;
  read.source = log_source;
  read.arrival = now;
  read.seed = seed;
  for (std::size_t count = 0; more() && count < most; ++count, ++next_) {
    const LogLine& line = lines_[next_];
    if (line.address.empty()) {
      read.quarantined.push_back({"log:/l", next_ * log_step, "no record", 1, "", "?"});
    } else {
      read.events.push_back(event_of(line, next_));
    }
  }
  read.bytes = 100;
  read.lanes = {lane_at(next_)};
  return read;
}

Result<Done> SimSnapshots::put(const Stored& snapshot) {
  if (world_.faults.on && world_.chance.percent(10)) return fail(Errc::no_space, "the simulated disk is full");
  world_.about_to_write();
  if (snapshot.whole) row_.clear();
  row_.push_back(snapshot);
  world_.has_written();
  return Done{};
}

namespace {

/// "CONTROL SUBJECT" of all waivers there have been, and how much is on record that they have kept from being found.
std::map<std::string, std::uint64_t> ever_waived(const SimStore& store) {
  std::map<std::string, std::uint64_t> all;
  const auto table = store.rows.find("waiver");
  if (table == store.rows.end()) return all;
  for (const auto& [id, row] : table->second) {
    const Json doc = Json::parse(row.doc);
    all[doc.at("control").get<std::string>() + " " + doc.at("subject").get<std::string>()] +=
        doc.value("seen", std::uint64_t{0});
  }
  return all;
}

}  // namespace

std::string log_trouble(const std::vector<LogLine>& lines, const SimStore& store) {
  std::map<std::string, std::uint64_t> wanted;
  detect::sigma::Detector undying(log_rules());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].address.empty()) {
      ++wanted[std::string(engine::malformed_control) + " source=log:/l"];
      continue;
    }
    const Event event = event_of(lines[i], i);
    const detect::sigma::Event seen(event.data, {{"", "sim", ""}});
    for (const auto& detection : undying.feed(seen, detect::sigma::place_of(event, event.time), Mode::auto_)) {
      ++wanted[(detection.correlated ? "many-failed host=" : "failed-login host=") + lines[i].address];
    }
  }
  std::map<std::string, std::uint64_t> found;
  if (const auto table = store.rows.find("finding"); table != store.rows.end()) {
    for (const auto& [id, row] : table->second) {
      const Json doc = Json::parse(row.doc);
      const std::string subject = doc.at("subject").get<std::string>();
      if (subject.find('=') == std::string::npos) continue;
      found[doc.at("control").get<std::string>() + " " + subject] += doc.at("occurrences").get<std::uint64_t>();
    }
  }
  const std::map<std::string, std::uint64_t> waived = ever_waived(store);
  for (const auto& [key, count] : wanted) {
    // What comes under a waiver opens nothing and is counted, but for the last minute before a death.
    if (waived.contains(key) && found[key] + waived.at(key) <= count) continue;
    if (found[key] != count)
      return fmt::format("{}: {} records of the log, {} in its findings", key, count, found[key]);
  }
  const auto intake = store.intakes.find(log_source);
  const std::uint64_t next =
      intake == store.intakes.end() ? 0 : Intake::from_json(Json::parse(intake->second))->lanes.front().next;
  if (next != lines.size() * log_step) return fmt::format("done up to {} of {} lines", next / log_step, lines.size());
  return {};
}

}  // namespace aright::sim
