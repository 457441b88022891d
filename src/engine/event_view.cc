// What each control on events says of one event, once more: without counting it, and why where it does not match.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "detect/sigma/about.h"
#include "engine/event_sight.h"

namespace aright::engine {

namespace {

namespace sigma = detect::sigma;

constexpr std::size_t names_shown = 10;

/// "`a`, `b` and 3 more"
std::string quoted(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(names.size(), names_shown); ++i) {
    shown.push_back(fmt::format("`{}`", clip_text(names[i], 64)));
  }
  const std::string all = fmt::format("{}", fmt::join(shown, ", "));
  return names.size() > shown.size() ? fmt::format("{} and {} more", all, names.size() - shown.size()) : all;
}

std::string listed_sources(const sigma::LogSources& sources) {
  std::vector<std::string> texts;
  texts.reserve(sources.size());
  for (const sigma::LogSource& one : sources) texts.push_back(sigma::text(one));
  return texts.empty() ? "of no log source" : fmt::format("of {}", fmt::join(texts, "; "));
}

/// Of a rule whose condition does not hold.
std::string what_lacks(const sigma::Rule& rule, const sigma::Event& event) {
  std::vector<std::string> parts;
  for (const sigma::SearchSeen& seen : sigma::explain(rule, event)) {
    if (seen.holds) {
      parts.push_back(fmt::format("`{}` is true", seen.name));
    } else {
      const std::string by = seen.lacks.empty() ? std::string("no value is as it wants") : "for " + quoted(seen.lacks);
      parts.push_back(fmt::format("`{}` is not, {}", seen.name, by));
    }
  }
  if (parts.size() > names_shown) parts.resize(names_shown);
  return fmt::format("its condition does not hold: {}", fmt::join(parts, "; "));
}

std::string is_for_others(const std::vector<std::string>& wanted, const sigma::Event& event) {
  return fmt::format("it is for events of {}, and this one is {}", fmt::join(wanted, " or "),
                     listed_sources(event.sources()));
}

void add_subjects(const EventSubjects::Told& told, ControlView& view) {
  for (const EventSubject& subject : told.all) {
    if (std::ranges::find(view.subjects, subject.text) == view.subjects.end()) view.subjects.push_back(subject.text);
  }
}

std::string how_many(const sigma::CountRange& count) {
  if (!count.most) return fmt::format("at least {}", count.least);
  return fmt::format("{} to {}", count.least, *count.most);
}

std::string wanted_text(const sigma::Correlation& one) {
  return fmt::format("{} within {}{}", how_many(one.count), format_duration(one.timespan),
                     one.group_by.empty() ? "" : " for each " + quoted(one.group_by));
}

/// Of one that is silent, so that none of what it counts opens a finding.
std::string fired_at(WallTime fired, Nanos timespan) {
  return fmt::format("it fired at {}, and is silent for this group until {}", rfc3339(fired),
                     rfc3339(fired + std::chrono::duration_cast<WallTime::duration>(timespan)));
}

/// ", 1 of them as far as mode auto": with so many workflows may go further than with all.
std::string going_further(const std::vector<sigma::ModeWindows::Count>& counts) {
  std::string text;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    if (counts[i].count == counts[i - 1].count) continue;
    text += fmt::format(", {} of them of sources that go as far as mode {}", counts[i].count, name(counts[i].mode));
  }
  return text;
}

/// How many a correlation had counted with an event that `rule` matches, and whether it was silent then. No event that
/// is not kept has any `counts`.
std::string counted_with(const std::vector<sigma::ModeWindows::Count>& counts, const sigma::Correlation& one,
                         const std::string& rule, bool& told) {
  const std::string wanted = wanted_text(one);
  if (counts.empty()) {
    return fmt::format(
        "rule {} matches; how many of {} there were is not known any more: the event is not among those kept (one that "
        "comes late is not counted)",
        rule, wanted);
  }
  const auto counts_for_it = [&](const sigma::ModeWindows::Count& seen) {
    return seen.count >= one.count.least && (!one.count.most || seen.count <= *one.count.most);
  };
  const auto is_after = [&](const sigma::ModeWindows::Count& seen) { return !counts_for_it(seen) || seen.after; };
  const auto is_kept_silent = [&](const sigma::ModeWindows::Count& seen) {
    return !counts_for_it(seen) || seen.silenced_by.has_value();
  };
  told = std::ranges::all_of(counts, is_after);
  std::string text = fmt::format("rule {} matches: {} of {}, up to this event{}", rule, counts.front().count, wanted,
                                 going_further(counts));
  const auto first = std::ranges::find_if(counts, counts_for_it);
  if (first != counts.end() && std::ranges::all_of(counts, is_kept_silent)) {
    text += "; " + fired_at(*first->silenced_by, one.timespan);
  }
  return text;
}

}  // namespace

ControlView EventSight::view_of_rule(std::size_t rule, const Control& control, const sigma::Event& seen,
                                     const Event& event) const {
  const sigma::Rule& one = rules_->rules()[rule];
  ControlView view{&control, sigma::applies(one.logsource, seen.sources()), false, {}, {}};
  if (!view.looked) {
    view.why = is_for_others({sigma::text(one.logsource)}, seen);
    return view;
  }
  const auto match = sigma::match(one, seen);
  if (!match) {
    view.why = what_lacks(one, seen);
    return view;
  }
  view.matched = true;
  view.why = fmt::format("it matches, by {}", quoted(match->searches));
  if (rules_->alerts_alone(rule)) {
    add_subjects(subjects_->of(control, {&one.header, false, match->searches, {}}, event), view);
  } else {
    view.why += "; alone that opens no finding: correlations count it";
  }
  return view;
}

ControlView EventSight::view_of_correlation(std::size_t correlation, const Control& control, const sigma::Event& seen,
                                            const Event& event) const {
  const sigma::Correlation& one = rules_->correlations()[correlation];
  ControlView view{&control, false, false, {}, {}};
  std::vector<std::string> others;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < rules_->rules().size(); ++i) {
    const sigma::Rule& rule = rules_->rules()[i];
    for (const sigma::RuleSet::Use& use : rules_->uses(i)) {
      if (use.correlation != correlation) continue;
      if (!sigma::applies(rule.logsource, seen.sources())) {
        others.push_back(sigma::text(rule.logsource));
        continue;
      }
      view.looked = true;
      if (!sigma::match(rule, seen)) {
        reasons.push_back(fmt::format("rule {}: {}", sigma::control_name(rule.header), what_lacks(rule, seen)));
        continue;
      }
      view.matched = true;
      const auto group = sigma::group_of(one, use.name, seen);
      if (!group) {
        reasons.push_back(
            fmt::format("rule {} matches, but the event lacks one of {}, by which they are counted: it "
                        "counts nowhere",
                        sigma::control_name(rule.header), quoted(one.group_by)));
        continue;
      }
      if (event.no_time) {
        reasons.push_back(
            fmt::format("rule {} matches, but nobody knows when: {}, and its source says that its time "
                        "stands there; it counts nowhere",
                        sigma::control_name(rule.header), event.no_time->text()));
        continue;
      }
      sigma::Detection detection{&one.header, true, {}, {}};
      for (std::size_t g = 0; g < group->size(); ++g) detection.group.emplace_back(one.group_by[g], (*group)[g]);
      const auto counts = detector_->count_at(correlation, *group, event.source, event.offset);
      bool told = false;
      reasons.push_back(counted_with(counts, one, sigma::control_name(rule.header), told));
      view.told = told && (view.told || view.subjects.empty());
      add_subjects(subjects_->of(control, detection, event), view);
    }
  }
  view.why = view.looked ? fmt::format("{}", fmt::join(reasons, "; ")) : is_for_others(others, seen);
  return view;
}

ControlView EventSight::view_of_alert(const Control& control, const std::string& source, const Event& event) const {
  ControlView view{&control, false, std::nullopt, {}, {}};
  const auto listening = alerts_.find(source);
  if (listening != alerts_.end()) {
    for (const auto& watched : listening->second) {
      if (watched->control != &control) continue;
      view.looked = true;
      if (!watched->mapper) {
        view.why = watched->mapper.error().message;
        return view;
      }
      const detect::Alerts said = watched->mapper->map(event);
      view.matched = !said.list.empty();
      for (const detect::Alert& alert : said.list) {
        if (std::ranges::find(view.subjects, alert.subject) == view.subjects.end()) {
          view.subjects.push_back(alert.subject);
        }
      }
      for (const std::string& subject : view.subjects) {
        const auto fires = [&](const detect::Alert& alert) { return alert.subject == subject && !alert.resolved; };
        if (std::ranges::none_of(said.list, fires)) view.over.push_back(subject);
      }
      const auto over = static_cast<std::size_t>(std::ranges::count(said.list, true, &detect::Alert::resolved));
      if (*view.matched) {
        view.why = fmt::format("it reads {} of it, {} of them over", counted(said.list.size(), "alert"), over);
      } else if (said.failed == 0) {
        view.why = control.alert->each.empty() ? "its `when` is false"
                                               : "nothing in its `each` is an alert as its `when` wants it";
      }
      if (said.failed == 0) return view;
      if (!*view.matched) view.matched = std::nullopt;  // nobody knows
      view.why += fmt::format("{}{} could not be read: {}", view.why.empty() ? "" : "; ", said.failed, said.trouble);
      return view;
    }
  }
  view.matched = false;
  view.why = fmt::format("it listens to {}", fmt::join(control.alert->sources, ", "));
  return view;
}

std::vector<CountedSoFar> EventSight::counted_about(const std::string& subject, WallTime now) const {
  std::vector<CountedSoFar> all;
  if (!detector_) return all;
  for (std::size_t i = 0; i < rules_->correlations().size(); ++i) {
    const sigma::Correlation& one = rules_->correlations()[i];
    const auto control = by_header_.find(&one.header);
    const bool may_be = !one.group_by.empty() && subject.starts_with(one.group_by.front() + "=");
    if (control == by_header_.end() || !may_be) continue;
    detector_->each_group(i, [&](const sigma::Group& group, std::uint64_t count, WallTime last) {
      sigma::Detection detection{&one.header, true, {}, {}};
      for (std::size_t g = 0; g < group.size(); ++g) detection.group.emplace_back(one.group_by[g], group[g]);
      if (sigma::default_subject(detection, {}) != subject) return;
      all.push_back({control->second, count, wanted_text(one), one.timespan, last,
                     detector_->silenced_by(i, group, std::max(now, last))});
    });
  }
  return all;
}

std::string EventSight::subject_form(const Control& control) const {
  if (control.alert) return control.alert->subject.substr(0, control.alert->subject.find('=') + 1) + "…";
  if (control.kind == ControlKind::builtin) return "source=…";
  for (std::size_t i = 0; detector_ && i < rules_->correlations().size(); ++i) {
    const sigma::Correlation& one = rules_->correlations()[i];
    const auto known = by_header_.find(&one.header);
    if (known == by_header_.end() || known->second->name != control.name || one.group_by.empty()) continue;
    return fmt::format("{}=…", fmt::join(one.group_by, "=… "));
  }
  return "host=…";
}

std::vector<ControlView> EventSight::views(const Event& event, const std::string& source) const {
  std::vector<ControlView> views;
  if (detector_) {
    const auto seen = sigma::as_rules_see(event);
    for (std::size_t i = 0; i < rules_->rules().size(); ++i) {
      const auto control = by_header_.find(&rules_->rules()[i].header);
      if (control != by_header_.end()) views.push_back(view_of_rule(i, *control->second, seen, event));
    }
    for (std::size_t i = 0; i < rules_->correlations().size(); ++i) {
      const auto control = by_header_.find(&rules_->correlations()[i].header);
      if (control != by_header_.end()) views.push_back(view_of_correlation(i, *control->second, seen, event));
    }
  }
  for (const auto& [name, control] : controls_) {
    if (control->alert) views.push_back(view_of_alert(*control, source, event));
  }
  return views;
}

}  // namespace aright::engine
