// What the checker asks of circles, with ourselves and with somebody else: what leads round is held, nothing else is.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

namespace {

const std::set<std::string> ends{"planned", "succeeded", "rolled_back", "rollback_failed",
                                 "denied",  "expired",   "cancelled",   "failed"};

bool looks_at(const Control& control, const std::string& path) {
  const auto& ids = control.select.ids;
  const auto& folders = control.select.within;
  return std::ranges::find(ids, path) != ids.end() ||
         std::ranges::find(folders, path.substr(0, path.rfind('/'))) != folders.end();
}

/// "3 times within 24 h, or as often as the threshold admits runs of the workflow"; where those are more than can be
/// remembered, none. `returns` 0: never held for that.
Oscillation limit_of(const Guards& guards) {
  if (guards.oscillation) return *guards.oscillation;
  constexpr std::uint32_t remembered = 31;
  Oscillation limit;
  limit.returns = remembered + 1;
  for (const Threshold& threshold : guards.threshold) {
    if (threshold.per == Per::workflow) limit.returns = std::min(limit.returns, threshold.runs);
  }
  if (limit.returns > remembered) limit.returns = 0;
  return limit;
}

}  // namespace

void Checker::circles(const std::string& kind, const Json& e) {
  if (kind == "node.started") circles_.started();
  if (kind.starts_with("definition.")) circles_.definition(e);
  if (kind.starts_with("finding.")) {
    const Admitted at = admission("", e);
    if (const std::string wrong = circles_.finding(kind, e, at.at, at.time); !wrong.empty()) violation(wrong);
  }
  if (kind == "run.created") return circles_.created(e);
  if (kind == "step.intended" && runs_.at(number(e, "run")).steps.at(number(e, "step")).program) {
    circles_.announced(number(e, "run"));
  }
  if (!kind.starts_with("run.") || kind == "run.observed") return;
  const std::uint64_t id = number(e, "run");
  const RunSeen& run = runs_.at(id);
  circles_.told(e);
  circle(id, run, e);
  if (const std::string state = kind.substr(4); ends.contains(state)) {
    if (run.undoes != 0) {
      const bool taken_back = state == "succeeded" && !run.redo;
      return circles_.undo_ended(id, taken_back ? "taken back" : state, made_for_others(run, e));
    }
    const bool stays = state == "succeeded" || state == "rollback_failed";
    const std::string as = e.contains("lapsed") ? "lapsed" : run.called_off && !stays ? "called off" : state;
    circles_.ended(id, as, made_for_others(run, e));
  }
}

/// Of a decision about a plan.
void Checker::circle(std::uint64_t id, const RunSeen& run, const Json& e) {
  const std::string input = text(e, "input");
  const std::string guard = e.value("guard", "");
  const std::string said = input == "plan-ready" ? text(e, "reason") : "";
  if (input == "admit") {
    for (const StepSeen& step : run.steps) {
      if (step.program || !step.changes || step.state != "planned" || "file:" + step.path != run.subject) continue;
      if (const std::string wrong = circles_.planned_on(id, step.before); !wrong.empty()) violation(wrong);
    }
  }
  const bool goes = input == "admit" && e.value("decided_by", "") == "guards";
  const Admitted now = admission(run.subject, e);
  if (goes || said == "would run") goes_round(id, run, now);
  for (const char* which : {"loop", "oscillation"}) {
    if (guard != which && !said.contains(fmt::format("held: {}:", which))) continue;
    held_round(id, run, now, which);
    if (guard == which) ++held_[which];
  }
}

/// Held without need.
void Checker::held_round(std::uint64_t id, const RunSeen& run, const Admitted& now, const std::string& guard) const {
  if (guard == "loop") {
    std::vector<std::string> changes{run.subject};
    for (const StepSeen& step : run.steps) changes.push_back(step.driver + ":" + step.path);
    if (!circles_.comes_back(id, changes)) violation("is held for a loop, and nothing that led here was done by it");
    return;
  }
  const Oscillation limit = limit_of(pinned(run).guards);
  const auto perhaps = std::ranges::count_if(circles_.returns(id), [&](const Circles::Return& r) {
    return age({"", r.at, r.time}, now).least < limit.within;
  });
  if (limit.returns == 0 || perhaps <= limit.returns)
    violation(fmt::format("is held for oscillation after {} returns, {} are allowed", perhaps, limit.returns));
}

/// Not held, and it had to be. What came back under another version of its workflow may have been forgotten with it.
void Checker::goes_round(std::uint64_t id, const RunSeen& run, const Admitted& now) const {
  std::vector<std::string> changes{run.subject};
  for (const StepSeen& step : run.steps) {
    if (!step.program && step.changes) changes.push_back(step.driver + ":" + step.path);
  }
  if (circles_.comes_back(id, changes)) violation(run.workflow + " goes round: what it did led here");
  const Oscillation limit = limit_of(pinned(run).guards);
  const auto& returns = circles_.returns(id);
  std::uint64_t surely = 0;
  for (auto r = returns.rbegin(); r != returns.rend() && r->version == run.version; ++r) {
    if (age({"", r->at, r->time}, now).most >= limit.within) break;
    ++surely;
  }
  if (limit.returns != 0 && surely > limit.returns)
    violation(fmt::format("{} goes round: the same state came back {} times, {} are allowed", run.workflow, surely,
                          limit.returns));
}

/// Kept "only where something may follow from it": not of what its own control alone looks at, and only on its subject.
std::vector<Circles::Made> Checker::made_for_others(const RunSeen& run, const Json& e) const {
  std::vector<Circles::Made> made;
  if (text(e, "input") != "verified") return made;
  const std::string own = run.waived_by.substr(0, run.waived_by.find(' '));
  for (const StepSeen& step : run.steps) {
    if (step.program || !step.changes || step.state != "verified") continue;
    const bool subject = "file:" + step.path == run.subject;
    const bool looked_at = std::ranges::any_of(
        config_.controls, [&](const Control& c) { return looks_at(c, step.path) && (!subject || c.name != own); });
    if (looked_at) made.push_back({"file:" + step.path, step.after});
  }
  return made;
}

}  // namespace aright::sim
