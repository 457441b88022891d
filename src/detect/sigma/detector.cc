#include "detect/sigma/detector.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace aright::detect::sigma {

Detector::Detector(std::shared_ptr<const RuleSet> rules, const WindowLimits& limits) : rules_(std::move(rules)) {
  for (const Correlation& correlation : rules_->correlations()) windows_.emplace_back(correlation, limits);
}

Detector::Timeless Detector::look(const Event& event, Mode mode_max) const {
  Timeless seen;
  for (RuleSet::Hit& hit : rules_->match(event)) {
    seen.uncounted = seen.uncounted || !rules_->uses(hit.rule).empty();
    if (!rules_->alerts_alone(hit.rule)) continue;
    seen.detections.push_back({&rules_->rules()[hit.rule].header, false, std::move(hit.match.searches), {}, mode_max});
  }
  return seen;
}

std::vector<Detection> Detector::feed(const Event& event, const Occurrence& place, Mode mode_max) {
  std::vector<Detection> detections;
  // Several rules of one correlation may match the event; it is one event all the same.
  std::map<std::size_t, std::set<Group>> counted;
  for (RuleSet::Hit& hit : rules_->match(event)) {
    for (const RuleSet::Use& use : rules_->uses(hit.rule)) {
      auto group = group_of(rules_->correlations()[use.correlation], use.name, event);
      if (group) {
        counted[use.correlation].insert(std::move(*group));
      } else {
        ++ungrouped_;
      }
    }
    if (rules_->alerts_alone(hit.rule)) {
      detections.push_back({&rules_->rules()[hit.rule].header, false, std::move(hit.match.searches), {}, mode_max});
    }
  }
  bool late = false;
  for (const auto& [index, groups] : counted) {
    const Correlation& correlation = rules_->correlations()[index];
    for (const Group& group : groups) {
      ModeWindows::Added added = windows_[index].add(group, place, mode_max);
      late = late || added.late;
      if (added.completed.empty()) continue;
      Detection detection{&correlation.header, true, {}, {}, added.completed.back().most, std::move(added.completed)};
      for (std::size_t i = 0; i < group.size(); ++i) detection.group.emplace_back(correlation.group_by[i], group[i]);
      detections.push_back(std::move(detection));
    }
  }
  late_ += late ? 1U : 0U;
  return detections;
}

void Detector::hold() {
  for (ModeWindows& windows : windows_) windows.hold();
}

void Detector::settle() {
  for (ModeWindows& windows : windows_) windows.settle();
}

void Detector::note_completed(const std::string& definition, const Group& group,
                              const ModeWindows::Completion& completion) {
  for (ModeWindows& windows : windows_) {
    if (windows.definition() == definition) windows.note_completed(group, completion);
  }
}

Detector::Counters Detector::counters() const {
  Counters all;
  all.ungrouped = ungrouped_;
  all.late = late_;
  for (const ModeWindows& windows : windows_) {
    const CountWindows::Counters& one = windows.counters();
    all.windows.repeated += one.repeated;
    all.windows.evicted_events += one.evicted_events;
    all.windows.evicted_groups += one.evicted_groups;
    all.groups += windows.groups();
    all.events += windows.events();
  }
  return all;
}

std::string Detector::key(std::size_t correlation) const {
  const Header& header = rules_->correlations()[correlation].header;
  return header.id.empty() ? header.name : header.id;
}

Json Detector::take_changes() {
  Json all = Json::object();
  for (std::size_t i = 0; i < windows_.size(); ++i) all[key(i)] = windows_[i].take_changes();
  return all;
}

Json Detector::take_all() {
  Json all = Json::object();
  for (std::size_t i = 0; i < windows_.size(); ++i) all[key(i)] = windows_[i].take_all();
  return all;
}

Result<std::vector<std::string>> Detector::restore(const Json& changes) {
  if (!changes.is_object()) return fail(Errc::corrupt, "a snapshot of correlations is not an object");
  std::map<std::string, std::size_t> by_key;
  for (std::size_t i = 0; i < windows_.size(); ++i) by_key.emplace(key(i), i);
  std::vector<std::string> empty;
  for (const auto& [name, one] : changes.items()) {
    const auto found = by_key.find(name);
    if (found == by_key.end()) {
      empty.push_back(name);
      continue;
    }
    const auto restored = windows_[found->second].restore(one);
    if (restored) continue;
    if (restored.error().code != Errc::conflict) {
      return fail(restored.error().code, "correlation `" + name + "`: " + restored.error().message);
    }
    empty.push_back(name);
  }
  return empty;
}

}  // namespace aright::detect::sigma
