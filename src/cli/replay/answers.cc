#include "cli/replay/answers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/run.h"

namespace aright::cli {

std::string FoundAnswer::verdict() const {
  if (!held.empty()) return "held by " + held;
  if (ran) return asked.empty() ? "ran" : "ran, then held by " + asked;
  if (planned) return "planned";
  if (!suppressed.empty()) return "suppressed by " + suppressed;
  if (observed) return "observed";
  return runs == 0 ? "nothing" : "pending";
}

std::string FoundAnswer::text() const {
  std::string text = verdict();
  const std::string& by = held.empty() ? asked : held;
  if (!reason.empty() && (!by.empty() || (!ran && !planned && !suppressed.empty()))) {
    const std::string guard = (by.empty() ? suppressed : by) + ": ";  // which the verdict has named
    text += ": " + (reason.starts_with(guard) ? reason.substr(guard.size()) : reason);
  }
  if (!untold.empty()) {
    text += fmt::format("{} cannot be told: {}", by.empty() ? ":" : ";", untold);
  } else if (!outcome.empty() && outcome != "planned") {
    text += fmt::format("{} {}", by.empty() ? ":" : ";", outcome);
  }
  if (runs > 1) text += fmt::format(" ({} runs)", runs);
  return text;
}

const FoundAnswers::Key* FoundAnswers::of_run(std::uint64_t run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : &found->second;
}

void FoundAnswers::take(const Json& entry, const std::map<std::string, std::string>& finding) {
  const std::string kind = entry.value("kind", "");
  if (kind == "step.intended") acted_.insert(entry.value("run", std::uint64_t{0}));
  if (entry.contains("run") && entry.at("run").is_number() && kind.starts_with("run.") && kind != "run.created") {
    return take_run(kind, entry);
  }
  if (kind != "run.created" && kind != "verdict.suppressed" && kind != "run.observed") return;
  if (entry.contains("undoes")) return;
  const std::string id = entry.value("finding", "");
  const auto as = finding.find(id);
  const Key key{as == finding.end() ? id : as->second, entry.value("workflow", "")};
  FoundAnswer& answer = answers_[key];
  if (kind == "run.observed") answer.observed = true;
  if (kind == "verdict.suppressed") {
    answer.suppressed = entry.value("guard", "");
    if (answer.held.empty() && answer.asked.empty()) answer.reason = entry.value("reason", "");
  }
  if (kind != "run.created") return;
  ++answer.runs;
  runs_[entry.at("run").get<std::uint64_t>()] = key;
}

void FoundAnswers::cannot_tell(std::uint64_t run, const std::string& why) {
  const auto known = runs_.find(run);
  if (known == runs_.end() || !untold_.insert(run).second) return;
  std::string& untold = answers_[known->second].untold;
  if (untold.empty()) untold = why;
}

void FoundAnswers::take_run(const std::string& kind, const Json& entry) {
  const auto run = runs_.find(entry.at("run").get<std::uint64_t>());
  if (run == runs_.end() || untold_.contains(run->first)) return;
  FoundAnswer& answer = answers_[run->second];
  const std::string state = kind.substr(std::string_view("run.").size());
  if (state == "running") answer.ran = true;
  if (state == "planned") answer.planned = true;
  if (state == "held" && answer.held.empty()) {
    std::string& guard = acted_.contains(run->first) ? answer.asked : answer.held;
    if (guard.empty()) {
      guard = entry.value("guard", "");
      answer.reason = entry.value("reason", "");
    }
  }
  const auto known = parse_run_state(state);
  if (known && is_final(*known)) answer.outcome = state;
}

}  // namespace aright::cli
