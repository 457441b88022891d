// What the checker asks of programs.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "checker.h"
#include "programs.h"

namespace aright::sim {

void Checker::confirming(RunSeen& run, const Json& e) {
  StepSeen& step = run.steps.at(e.at("step").get<std::uint64_t>());
  may_begin(run, step, false);
  if (!step.program || !step.confirms) violation("confirms what has no confirm");
  if (step.state != "intended" && step.state != "applied") violation("confirms a step in state " + step.state);
  step.announced = e.at("key").get<std::string>();
}

/// A death leaves no more of them unknown than can have been started.
void Checker::program_announced(StepSeen& step) {
  step.unanswered = true;
  std::size_t open = 0;
  for (const auto& [id, run] : runs_) {
    if (run.state != "running") continue;
    open += static_cast<std::size_t>(std::ranges::count_if(run.steps, [](const StepSeen& s) { return s.unanswered; }));
  }
  if (open > programs_max) violation(fmt::format("{} programs are announced, {} have room", open, programs_max));
}

/// Whether it has happened that nobody knew of.
bool Checker::found_by_a_person(const Json& e) const {
  const std::string outcome = e.at("outcome").get<std::string>();
  if (!outcome.starts_with("found done by ") && !outcome.starts_with("found not done by ")) return false;
  if (runs_.at(number(e, "run")).state != "unknown")
    violation("a person says of a run that is not unknown what it did");
  return true;
}

/// Nobody else calls a program's work verified but the one that looks, and none of its looks is made up.
void Checker::program_done(const StepSeen& step) {
  if (step.state == "undone" || step.state == "undo_failed") violation("undoes a program");
  if (step.state == "failed") failed_[step.key] = step.intended_order;
  if (step.state != "verified") return;
  const auto started = world_.starts.find(step.key);
  const std::uint64_t since = started == world_.starts.end() ? 0 : started->second;
  const bool seen = std::ranges::any_of(
      world_.looks, [&](const Look& look) { return look.key == step.key && look.there && look.order > since; });
  if (!seen) violation(step.key + ": is verified, and nobody has seen it");
}

/// What an earlier life has begun may outlive it: nobody looks for its work, nor begins it anew, before it has ended.
void Checker::not_at_work(const std::string& key) const {
  constexpr std::string_view looks = "-confirm";
  const std::string of = key.ends_with(looks) ? key.substr(0, key.size() - looks.size()) : key;
  if (world_.at_work.contains(of)) violation("doubled: " + key + " starts while " + of + " is at work");
}

void Checker::before_program(const ProgramRequest& request) {
  gate_open(request.key);
  not_at_work(request.key);
  for (auto& [id, run] : runs_) {
    for (StepSeen& step : run.steps) {
      if (!step.program || step.announced != request.key) continue;
      step.announced.clear();
      const bool looks = request.key.ends_with("-confirm");
      if (looks) return;
      if (step.state != "intended") violation(request.key + ": starts in state " + step.state);
      if (request.arguments != step.arguments) violation(request.key + ": starts with other arguments");
      const std::string before = std::exchange(started_as_[request.key], step.request);
      // Known to have failed, and let go once more by a person who was told so.
      if (failed_.erase(request.key) != 0 && run.approved) return;
      const auto earlier = world_.starts.find(request.key);
      // Another request is other work, planned anew and let go by a person (docs/decisions/0052).
      if (earlier == world_.starts.end() || before != step.request) return;
      const bool absent = std::ranges::any_of(world_.looks, [&](const Look& look) {
        return look.key == request.key && !look.there && look.order > earlier->second;
      });
      if (!absent) violation(request.key + ": starts again, and nobody has seen that it is not there");
      return;
    }
  }
  violation(request.key + ": starts a program that was not announced");
}

}  // namespace aright::sim
