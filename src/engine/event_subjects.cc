#include "engine/event_subjects.h"

#include <fmt/format.h>

#include <algorithm>

#include "detect/sigma/about.h"

namespace aright::engine {

namespace {

void add(std::vector<EventSubject>& all, std::string text, bool typed, const std::string& by) {
  const auto known = std::ranges::find(all, text, &EventSubject::text);
  if (known == all.end()) {
    all.push_back({std::move(text), typed, {by}});
    return;
  }
  known->by.push_back(by);
  known->typed = known->typed || typed;  // whatever has the form, or is vouched for, is the same text
}

}  // namespace

EventSubjects::EventSubjects(const Config& config) {
  for (const Control& control : config.controls) {
    Ways ways;
    for (const Workflow& w : config.workflows) {
      for (const Answer& answer : w.answers) {
        if (!answer.matches(control)) continue;
        if (!answer.subject) {
          ways.control_too = true;
        } else if (std::string id = answer.subject->id();
                   std::ranges::find(ways.answers, id, &Way::id) == ways.answers.end()) {
          ways.answers.push_back({w.name, std::move(id), workflow::SubjectOfAnswer::make(*answer.subject)});
        }
      }
    }
    if (!ways.answers.empty()) ways_.emplace(control.name, std::move(ways));
  }
}

EventSubjects::Told EventSubjects::of(const Control& control, const detect::sigma::Detection& detection,
                                      const Event& event) const {
  Told told;
  const auto ways = ways_.find(control.name);
  if (ways != ways_.end()) {
    for (const Way& way : ways->second.answers) {
      auto made = way.subject ? way.subject->of(event) : std::unexpected(way.subject.error());
      if (made) {
        add(told.all, std::move(made->text), made->typed, way.id);
      } else {
        told.trouble.push_back(fmt::format("workflow {}: `subject`: {}", way.workflow, made.error().message));
      }
    }
  }
  if (ways == ways_.end() || ways->second.control_too || !told.trouble.empty()) {
    add(told.all, detect::sigma::default_subject(detection, event), detect::sigma::subject_is_typed(detection, event),
        "");
  }
  return told;
}

}  // namespace aright::engine
