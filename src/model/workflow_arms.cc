// Which steps of a workflow belong to which way.
#include <algorithm>
#include <map>

#include "model/workflow.h"

namespace aright {

namespace {

/// The arm that each branch above `step` must have taken for it.
std::map<std::size_t, bool> above(const std::vector<Step>& steps, std::size_t step) {
  std::map<std::size_t, bool> arms;
  for (std::optional<Step::Arm> arm = steps.at(step).arm; arm; arm = steps.at(arm->of).arm)
    arms[arm->of] = arm->otherwise;
  return arms;
}

}  // namespace

bool Workflow::is_staged() const {
  return std::ranges::any_of(steps, [](const Step& s) {
    return !s.name.empty() || (s.ensure() == nullptr && !s.is_errand() && s.notify() == nullptr);
  });
}

bool Workflow::exclude(std::size_t one, std::size_t other) const {
  const auto needs = above(steps, one);
  return std::ranges::any_of(above(steps, other), [&](const auto& arm) {
    const auto its = needs.find(arm.first);
    return its != needs.end() && its->second != arm.second;
  });
}

std::vector<std::size_t> Workflow::not_taken(std::size_t branch, bool otherwise) const {
  std::vector<std::size_t> list;
  for (std::size_t i = branch + 1; i < steps.size(); ++i) {
    const auto arms = above(steps, i);
    const auto its = arms.find(branch);
    if (its != arms.end() && its->second != otherwise) list.push_back(i);
  }
  return list;
}

}  // namespace aright
