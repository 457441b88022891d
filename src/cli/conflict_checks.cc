#include "cli/conflict_checks.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

#include "detect/compare.h"
#include "detect/judge.h"

namespace aright::cli {

namespace {

using Places = std::map<std::string, Position>;

void warn(Diagnostics& out, const Position& at, std::string message, std::string hint) {
  out.push_back({Severity::warning, at, std::move(message), std::move(hint)});
}

void check_controls(const Config& config, const Places& places, Diagnostics& out) {
  std::map<std::string, std::vector<const Control*>> by_path;
  for (const Control& control : config.controls) {
    if (!control.violation.empty()) continue;
    for (const std::string& id : control.select.ids) {
      for (const Control* other : by_path[id]) {
        if (!detect::contradict(other->desired.fields, control.desired.fields)) continue;
        warn(out, places.at("control " + control.name),
             fmt::format("controls `{}` and `{}` want {} differently", other->name, control.name, id), {});
      }
      by_path[id].push_back(&control);
    }
  }
}

/// A state that a workflow may bring a resource to.
struct Drive {
  ResourceId resource;
  const Json& desired;
};

std::vector<Drive> drives(const Workflow& w, const Config& config) {
  std::vector<Drive> all;
  bool cures = false;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr) continue;
    cures = cures || step.cures();
    if (!step.cures()) all.push_back({step.ensure()->own->resource, step.ensure()->own->desired.fields});
  }
  for (const Control& control : config.controls) {
    if (!cures || !control.violation.empty() || !w.answers_to(control)) continue;
    for (const std::string& id : control.select.ids) all.push_back({{control.driver, id}, control.desired.fields});
  }
  return all;
}

/// Each pair once, whatever they differ in.
void check_pairs(const Config& config, const Places& places, Diagnostics& out) {
  std::map<ResourceId, std::vector<std::pair<const Workflow*, const Json*>>> by_resource;
  std::set<std::string> told;
  for (const Workflow& w : config.workflows) {
    for (const Drive& drive : drives(w, config)) {
      auto& known = by_resource[drive.resource];
      for (const auto& [other, desired] : known) {
        if (other == &w || !detect::contradict(*desired, drive.desired)) continue;
        if (!told.insert(fmt::format("{} {} {}", other->name, w.name, drive.resource.text())).second) continue;
        warn(out, places.at("workflow " + w.name),
             fmt::format("workflows `{}` and `{}` drive {} to different states", other->name, w.name,
                         drive.resource.text()),
             "one undoes what the other does; let one of them leave it alone");
      }
      known.emplace_back(&w, &drive.desired);
    }
  }
}

/// Of a condition only where the desired state alone tells: of what it does not name, nothing is known.
bool calls_wrong(const Control& control, const Step::Target& target) {
  if (control.violation.empty()) return detect::contradict(control.desired.fields, target.desired.fields);
  const auto judge = detect::Judge::make(control);
  if (!judge) return false;
  State made{target.desired.fields, false};
  if (!made.fields.contains("exists")) made.fields["exists"] = true;
  const auto wrong = judge->differs(target.resource, made);
  return wrong && !wrong->empty();
}

/// What it makes of a resource is what a control that it answers calls wrong: it would answer itself.
void check_own_effects(const Workflow& w, const Config& config, const Places& places, Diagnostics& out) {
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr || step.cures()) continue;
    const Step::Target& target = *step.ensure()->own;
    for (const Control& control : config.controls) {
      if (control.driver != target.resource.driver || !w.answers_to(control)) continue;
      for (const std::string& id : control.select.ids) {
        if (id != target.resource.id || !calls_wrong(control, target)) continue;
        warn(out, places.at("workflow " + w.name),
             fmt::format("workflow `{}` makes of {} what control `{}`, which it answers, calls wrong", w.name,
                         target.resource.text(), control.name),
             control.violation.empty() ? "it would answer its own effect; `ensure: desired` makes it right"
                                       : "it would answer its own effect");
      }
    }
  }
}

std::string text(const Threshold& limit) {
  return fmt::format("threshold of {} runs within {} per {}", limit.runs, format_duration(limit.within),
                     limit.per_text());
}

/// Whether `first` holds a run whenever `limit` would.
bool is_reached_before(const Threshold& first, const Threshold& limit) {
  if (first.per != Per::workflow || limit.per == Per::workflow) return false;
  return first.runs <= limit.runs && first.within >= limit.within;
}

void check_thresholds(const Workflow& w, const Places& places, Diagnostics& out) {
  const auto& cool = w.guards.cool_down;
  for (const Threshold& limit : w.guards.threshold) {
    const bool spaced = cool && (cool->per == Per::workflow || limit.per == cool->per);
    // So many runs, each `wait` after the one before, and one more now: the first of them is out of the window.
    if (spaced && cool->wait >= (limit.within + Nanos{limit.runs} - Nanos{1}) / limit.runs) {
      warn(out, places.at("workflow " + w.name),
           fmt::format("workflow `{}`: its {} can never trip: its cool-down lets one run pass in {}", w.name,
                       text(limit), format_duration(cool->wait)),
           "count fewer runs, or within a longer time");
      continue;
    }
    for (const Threshold& other : w.guards.threshold) {
      if (!is_reached_before(other, limit)) continue;
      warn(out, places.at("workflow " + w.name),
           fmt::format("workflow `{}`: its {} can never trip: the {} does before", w.name, text(limit), text(other)),
           "count fewer runs per " + std::string(limit.per_text()));
      break;
    }
  }
}

}  // namespace

void check_conflicts(const Config& config, const Places& places, Diagnostics& out) {
  check_controls(config, places, out);
  if (has_errors(out)) return;  // a control or workflow that is meant may be missing
  check_pairs(config, places, out);
  for (const Workflow& w : config.workflows) {
    check_own_effects(w, config, places, out);
    check_thresholds(w, places, out);
  }
}

}  // namespace aright::cli
