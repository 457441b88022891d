#include "script_steps.h"

#include <utility>

#include "receiver.h"
#include "script_parts.h"
#include "script_people.h"
#include "sim.h"

namespace aright::sim {

using namespace std::chrono_literals;

std::vector<Step> branching(bool confirmed) {
  Step first = mend("/w/t", confirmed);
  first.name = "first";
  std::get<Step::Exec>(first.act).program.expect.exit_codes = {0, 3};
  std::vector<Step> steps{std::move(first), {Step::Branch{"steps.first.exit_code == 0"}}};
  steps.push_back(own("/w/q", good("/w/q")));
  steps.back().arm = Step::Arm{1, false};
  steps.push_back(own("/w/q", {{"mode", "0600"}, {"exists", true}}));
  steps.back().arm = Step::Arm{1, true};
  steps.push_back(waits(3s));
  steps.back().arm = Step::Arm{1, true};
  steps.push_back({Step::Branch{"finding.occurrences > 1u || finding.recurrence"}});
  steps.push_back(own("/w/e", good("/w/e")));
  steps.back().arm = Step::Arm{5, false};
  steps.push_back(Step{});
  return steps;
}

std::vector<Step> told_later(bool confirmed) {
  Step first = mend("/w/t", confirmed);
  first.name = "first";
  Step second = mend("/w/f", confirmed);
  std::get<Step::Exec>(second.act).program.arguments.back() = "${ steps.first.exit_code }";
  std::vector<Step> steps{std::move(first), std::move(second), {Step::ForEach{"[steps.first.exit_code, 7]", 3}}};
  for (std::size_t i = 0; i < 3; ++i) {
    Step each = mend("/w/g", confirmed);
    std::get<Step::Exec>(each.act).program.arguments.back() = "${ each }";
    each.arm = Step::Arm{2, false, i};
    steps.push_back(std::move(each));
  }
  steps.push_back(Step{});
  return steps;
}

/// Shapes of one kind of step each, beside the plain fix.
void Sim::configure_steps(Shape shape) {
  const auto on_tool = [this](const char* name, std::vector<Step> steps) {
    config_.controls.push_back(watch("tool", {"/w/t"}, good("/w/t")));
    config_.workflows.push_back(answering(name, {"tool"}, Mode::auto_, std::move(steps)));
  };
  if (shape == Shape::each) on_tool("told-later", told_later(true));
  if (shape == Shape::branch) on_tool("branch", branching(true));
  if (shape == Shape::ends) on_tool("ends", {Step{}, own("/w/q", good("/w/q")), at_end(mend("/w/f", true))});
  if (shape != Shape::asks) return;
  config_.controls.push_back(watch("both", {"/w/u"}, good("/w/u")));
  config_.notify = some_notifier(world_.chance);
  add_asking(world_.chance, config_, Mode::auto_);
}

}  // namespace aright::sim
