#include "engine/event_sight.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detect/sigma/about.h"

namespace aright::engine {

namespace {

void keep_aside(const Event& event, std::string reason, EventsRead& read) {
  const std::string text = event.data.dump(-1, ' ', false, Json::error_handler_t::replace);
  read.quarantined.push_back(
      {event.source, event.offset, std::move(reason), text.size(), {}, text.substr(0, quarantined_beginning_max)});
}

/// An event that could not be read in `troubles` respects, of which the first is told.
void keep_aside(const Event& event, const Control& control, const std::string& trouble, std::size_t troubles,
                EventsRead& read) {
  std::string reason = fmt::format("control {}: {}", control.name, trouble);
  if (troubles > 1) reason += fmt::format("; and {} more", troubles - 1);
  keep_aside(event, std::move(reason), read);
}

/// What somebody wrote where the time should be keeps an event out of correlations: that is a finding, like what could
/// not be read at all. That there is nothing is told by the source alone: all its events may be like that.
void keep_aside_untimely(EventsRead& read) {
  for (const Event& event : read.events) {
    if (event.no_time && event.no_time->fault != NoTime::Fault::missing) keep_aside(event, event.no_time->text(), read);
  }
}

std::vector<std::string> values_of_group(const detect::sigma::Detection& detection) {
  std::vector<std::string> values;
  values.reserve(detection.group.size());
  for (const auto& [field, value] : detection.group) values.push_back(value);
  return values;
}

}  // namespace

Sighting& Sightings::of(const Control& control, const std::string& subject, Mode mode_max, bool over,
                        std::optional<Level> severity) {
  Sighting*& newest = newest_[control.name + " " + subject];
  if (newest == nullptr || newest->mode_max != mode_max || newest->over != over || newest->severity != severity) {
    newest = &all_.emplace_back();
    newest->control = &control;
    newest->subject = subject;
    newest->mode_max = mode_max;
    newest->over = over;
    newest->severity = severity;
  }
  return *newest;
}

EventSight::EventSight(std::shared_ptr<const detect::sigma::RuleSet> rules, const Config& config)
    : rules_(std::move(rules)) {
  for (const Control& control : config.controls) {
    if (control.on_events()) controls_[control.name] = &control;
    if (!control.alert) continue;
    const auto watched = std::make_shared<const Watched>(&control, detect::AlertMapper::make(control));
    for (const std::string& source : control.alert->sources) alerts_[source].push_back(watched);
  }
  if (!rules_) return;
  detector_.emplace(rules_);
  subjects_.emplace(config);
  std::multimap<std::string, const Control*> by_rule;
  for (const auto& [name, control] : controls_) by_rule.emplace(control->rule_name, control);
  const auto note = [&](const detect::sigma::Header& header) {
    const auto [first, last] = by_rule.equal_range(detect::sigma::control_name(header));
    const auto found =
        std::find_if(first, last, [&](const auto& named) { return detect::sigma::is_rule_of(*named.second, header); });
    if (found != last) by_header_[&header] = found->second;
  };
  for (const auto& rule : rules_->rules()) note(rule.header);
  for (const auto& correlation : rules_->correlations()) {
    note(correlation.header);
    if (const auto known = by_header_.find(&correlation.header); known != by_header_.end()) {
      correlations_.insert(known->second->name);
    }
    definitions_[&correlation.header] = correlation.hash();
  }
}

const Control* EventSight::control(const std::string& name) const {
  const auto found = controls_.find(name);
  return found == controls_.end() ? nullptr : found->second;
}

void EventSight::look(EventsRead& read, const Intake& intake, Sightings& seen) {
  keep_aside_untimely(read);
  const auto alerts = alerts_.find(read.source);
  if (!detector_ && alerts == alerts_.end()) return;
  if (detector_) detector_->hold();
  for (const Event& event : read.events) {
    const bool done = intake.done(event.source, event.offset);
    if (detector_) look_at_rules(read, event, done, seen);
    if (done || alerts == alerts_.end()) continue;
    for (const auto& watched : alerts->second) look_at_alerts(*watched, event, read, seen);
  }
}

void EventSight::settle() {
  if (detector_) detector_->settle();
}

void EventSight::note_completed(const Completed& completed) {
  if (!detector_) return;
  detector_->note_completed(completed.definition, completed.group,
                            {.least = completed.least, .most = completed.most, .until = completed.until});
}

void EventSight::look_at_rules(EventsRead& read, const Event& event, bool done, Sightings& seen) {
  const std::uint64_t late = detector_->late();
  const auto as_seen = detect::sigma::as_rules_see(event);
  auto detections = event.no_time
                        ? detector_->look(as_seen, read.mode_max).detections
                        : detector_->feed(as_seen, detect::sigma::place_of(event, read.arrival), read.mode_max);
  if (!done) seen.late += detector_->late() - late;
  for (auto& detection : detections) {
    if (done && !detection.correlated) continue;
    for (const detect::sigma::ModeWindows::Completion& one : detection.completed) {
      seen.completed.push_back({.definition = definitions_.at(detection.header),
                                .group = values_of_group(detection),
                                .least = one.least,
                                .most = one.most,
                                .until = one.until});
    }
    const auto known = by_header_.find(detection.header);
    if (known == by_header_.end()) continue;
    const Control& control = *known->second;
    const EventSubjects::Told told = subjects_->of(control, detection, event);
    if (!told.trouble.empty()) keep_aside(event, control, told.trouble.front(), told.trouble.size(), read);
    for (const EventSubject& subject : told.all) {
      Sighting& sighting = seen.of(control, subject.text, detection.mode_max);
      if (sighting.count++ == 0) {
        sighting.typed = subject.typed;
        sighting.searches = detection.searches;
        sighting.first = std::make_shared<const Event>(event);
      }
      for (const std::string& by : subject.by) {
        if (std::ranges::find(sighting.by, by) == sighting.by.end()) sighting.by.push_back(by);
      }
      sighting.source = event.source;
      sighting.offset = event.offset;
    }
  }
}

void EventSight::look_at_alerts(const Watched& watched, const Event& event, EventsRead& read, Sightings& seen) {
  detect::Alerts alerts;
  if (watched.mapper) {
    alerts = watched.mapper->map(event);
  } else {
    alerts = {{}, 1, watched.mapper.error().message};
  }
  for (detect::Alert& alert : alerts.list) {
    Sighting& sighting = seen.of(*watched.control, alert.subject, read.mode_max, alert.resolved, alert.severity);
    if (sighting.count++ == 0 && !alert.resolved) {
      sighting.typed = alert.typed;
      sighting.title = std::move(alert.title);
      sighting.first =
          alert.event ? std::make_shared<const Event>(std::move(*alert.event)) : std::make_shared<const Event>(event);
    }
    sighting.source = event.source;
    sighting.offset = event.offset;
  }
  if (alerts.failed != 0) keep_aside(event, *watched.control, alerts.trouble, alerts.failed, read);
}

std::vector<std::string> EventSight::take_over(EventSight& before) {
  if (!before.detector_) return {};
  if (detector_) detector_->hold();  // whether the one before did is settled with the next events
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
