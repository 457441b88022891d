#include "engine/event_sight.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detect/sigma/about.h"

namespace aright::engine {

EventSight::EventSight(std::shared_ptr<const detect::sigma::RuleSet> rules, const Config& config)
    : rules_(std::move(rules)) {
  for (const Control& control : config.controls) {
    if (control.on_events()) controls_[control.name] = &control;
  }
  if (!rules_) return;
  detector_.emplace(rules_);
  std::map<std::string, const Control*> by_rule;
  for (const auto& [name, control] : controls_) by_rule[control->rule_name] = control;
  const auto note = [&](const detect::sigma::Header& header) {
    const auto found = by_rule.find(detect::sigma::control_name(header));
    if (found != by_rule.end()) by_header_[&header] = found->second;
  };
  for (const auto& rule : rules_->rules()) note(rule.header);
  for (const auto& correlation : rules_->correlations()) note(correlation.header);
}

const Control* EventSight::control(const std::string& name) const {
  const auto found = controls_.find(name);
  return found == controls_.end() ? nullptr : found->second;
}

void EventSight::look(const EventsRead& read, const Intake& intake, std::map<std::string, Sighting>& seen) {
  if (!detector_) return;
  for (const Event& event : read.events) {
    const auto as_seen = detect::sigma::as_rules_see(event);
    // No later than the arrival: one forged event from the future would make its group deaf.
    auto detections = detector_->feed(as_seen, {std::min(event.time, read.arrival), event.source, event.offset});
    if (detections.empty() || intake.done(event.source, event.offset)) continue;
    for (auto& detection : detections) {
      const auto known = by_header_.find(detection.header);
      if (known == by_header_.end()) continue;
      const std::string subject = detect::sigma::default_subject(detection, event);
      Sighting& sighting = seen[known->second->name + " " + subject];
      if (sighting.count++ == 0) {
        sighting.control = known->second;
        sighting.subject = subject;
        sighting.typed = detect::sigma::subject_is_typed(detection, event);
        sighting.searches = std::move(detection.searches);
        sighting.first = &event;
      }
      sighting.source = event.source;
      sighting.offset = event.offset;
    }
  }
}

std::vector<std::string> EventSight::take_over(EventSight& before) {
  if (!before.detector_) return {};
  const Json windows = before.detector_->take_all();
  if (!detector_) {
    std::vector<std::string> lost;
    for (const auto& [name, window] : windows.items()) lost.push_back(name);
    return lost;
  }
  auto lost = detector_->restore(windows);
  return lost ? std::move(*lost) : std::vector<std::string>{lost.error().message};
}

Result<std::vector<std::string>> EventSight::restore(const Json& windows) {
  if (!detector_) return std::vector<std::string>{};
  return detector_->restore(windows);
}

Json EventSight::take_windows(bool whole) {
  if (!detector_) return Json::object();
  return whole ? detector_->take_all() : detector_->take_changes();
}

bool EventSight::has_windows() const { return rules_ && !rules_->correlations().empty(); }

detect::sigma::Detector::Counters EventSight::counters() const {
  return detector_ ? detector_->counters() : detect::sigma::Detector::Counters{};
}

}  // namespace aright::engine
