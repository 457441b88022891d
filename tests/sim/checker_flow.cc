// What the checker asks of steps that steer: waits end in time, and a branch takes the way its program said.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

/// By the smaller of both clocks, of another boot by the wall clock alone.
Nanos Checker::still_to_wait(const Json& began, const Moment& now) {
  Nanos age = now.wall - parse_rfc3339(text(began, "at")).value();
  const Nanos began_boot = std::chrono::microseconds{number(began, "up")};
  if (text(began, "boot") == now.boot_id) age = std::min(age, now.boot - began_boot);
  return std::chrono::milliseconds{number(began, "wait_ms")} - age;
}

/// A wait is over when both clocks say so, of another boot the wall clock alone, and not before but for a waiver.
void Checker::waits(RunSeen& run, const Json& e) const {
  const std::string input = e.at("input").get<std::string>();
  if (run.wait && input == "wait-over") {
    const bool waived = waived_.contains(run.waived_by);  // then what it made is taken back at once
    if (!waived && still_to_wait(*run.wait, admission(run.subject, e).at) > Nanos::zero())
      violation("goes on before its wait is over");
    run.steps.at(run.wait->at("step").get<std::uint64_t>()).state = "passed";
  }
  if (run.wait && input == "resume") violation("goes on before its wait is over, since a pause is");
  run.wait.reset();
  if (input != "wait") return;
  run.wait = e;
  (*run.wait)["boot"] = boot_id_;
  if (std::ranges::any_of(run.steps, [](const StepSeen& s) { return s.state == "intended" && !s.program; })) {
    violation("waits, and an effect of it is under way");
  }
}

/// The world has one branch that is decided on the way: by the exit code of the step before it.
void Checker::decided(RunSeen& run, const Json& e) const {
  if (run.state != "running") violation("decides a branch in state " + run.state);
  StepSeen& branch = run.steps.at(e.at("step").get<std::uint64_t>());
  const StepSeen& before = run.steps.at(e.at("step").get<std::uint64_t>() - 1);
  const std::string arm = e.at("arm").get<std::string>();
  if (branch.state != "planned") violation("decides a branch twice");
  if (!before.exit || arm != (*before.exit == 0 ? "then" : "else"))
    violation("takes the arm " + arm + " against its program");
  branch.state = "passed";
  for (const Json& skipped : e.at("skips")) {
    StepSeen& step = run.steps.at(skipped.get<std::size_t>());
    if (step.state != "planned") violation("leaves out a step in state " + step.state);
    step.state = "skipped";
  }
}

}  // namespace aright::sim
