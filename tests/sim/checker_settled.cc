// What the checker asks at the end, when all faults are over: everything is right, or somebody knows why not.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"

namespace aright::sim {

bool Checker::wrong(const Control& control, const std::string& path) const {
  const Json state = world_.state(path);
  return !std::ranges::all_of(control.desired.fields.items(), [&](const auto& item) {
    return state.contains(item.key()) && state.at(item.key()) == item.value();
  });
}

void Checker::explained(const Control& control, const std::string& path) const {
  const std::string subject = "file:" + path;
  if (waived_.contains(control.name + " " + subject)) return;
  const auto finding = open_findings_.find(control.name + " " + subject);
  if (finding == open_findings_.end()) violation(path + " is wrong for " + control.name + ", and there is no finding");
  bool answered = false;
  for (const Workflow& w : config_.workflows) {
    if (!w.answers_to(control)) continue;
    const Mode now = mode_of(w.name);
    if (now <= Mode::observe) {
      answered = true;
      continue;
    }
    const auto open = open_keys_.find(w.name + " " + subject);
    if (open != open_keys_.end()) {
      answered = true;  // held or unknown: looked at in settled()
      continue;
    }
    if (kept_back(control, subject, w)) {
      answered = true;
      continue;
    }
    const engine::SubjectState* s = replay_.subject(control.name, subject);
    if (s == nullptr || !s->answers.contains(w.name)) continue;
    const std::string& state = s->answers.at(w.name).state;
    const bool no = state == "denied" || state == "expired" || state == "rollback_failed" ||
                    state == engine::called_off || state == engine::taken_back;
    if (!no && (state != "planned" || now != Mode::plan)) continue;
    answered = true;
    const auto about = answered_about_.find(w.name + " " + control.name + " " + subject);
    if (about != answered_about_.end() && about->second != canonical_json(world_.state(path)))
      violation(fmt::format("{} is {}, which {} was never asked about: its run {} on another state", path,
                            world_.state(path).dump(), w.name, state));
  }
  if (!answered) violation(path + " is wrong for " + control.name + ", and nobody has answered that");
}

/// What was found in a log and is not over: whoever is to answer has, or a person is asked. Both its controls name the
/// same subject, so that one has to wait for the other's run.
void Checker::events_answered() const {
  for (const auto& [id, finding] : replay_.findings()) {
    const auto control = std::ranges::find(config_.controls, finding.control, &Control::name);
    if (control == config_.controls.end() || !control->on_events()) continue;
    if (waived_.contains(finding.control + " " + finding.subject)) continue;
    const engine::SubjectState* s = replay_.subject(finding.control, finding.subject);
    for (const Workflow& w : config_.workflows) {
      if (!w.answers_to(*control, finding) || mode_of(w.name) <= Mode::observe) continue;
      if (open_keys_.contains(w.name + " " + finding.subject) || kept_back(*control, finding.subject, w)) continue;
      if (w.guards.cool_down || !w.when.empty()) continue;
      if (s != nullptr && s->answers.contains(w.name) && s->answers.at(w.name).runs != 0) continue;
      violation(fmt::format("{} on {} is open, and {} has not answered it", finding.control, finding.subject, w.name));
    }
  }
}

void Checker::settled() const {
  signed_in_time(world_.time);
  all_told();
  events_answered();
  for (const auto& [id, r] : runs_) {
    const bool asks = (r.state == "held" || r.state == "unknown") && reviews_.contains(r.review);
    // Its wall clock was set back and the machine began anew: by all that is known, its time is not over.
    const bool waits = r.wait && still_to_wait(*r.wait, Moment::of(world_.now)) > Nanos::zero();
    if (!asks && !waits) violation(fmt::format("run {} is still {} on {}", id, r.state, r.subject));
  }
  for (const Control& c : config_.controls) {
    std::set<std::string> paths(c.select.ids.begin(), c.select.ids.end());
    for (const std::string& folder : c.select.within) {
      for (const auto& [path, fields] : world_.states) {
        const bool there = fields.value("exists", true);  // what has gone is no member of a folder
        if (path.starts_with(folder + "/") && there) paths.insert(path);
      }
    }
    for (const std::string& path : paths) {
      if (wrong(c, path)) explained(c, path);
    }
  }
}

}  // namespace aright::sim
