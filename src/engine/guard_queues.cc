#include "engine/guard_queues.h"

#include <tuple>
#include <utility>

namespace aright::engine {

bool GuardQueues::Waiter::operator<(const Waiter& other) const {
  if (severity != other.severity) return severity > other.severity;
  return std::tie(opened, finding, workflow) < std::tie(other.opened, other.finding, other.workflow);
}

void GuardQueues::wait(const std::string& queue, const Waiter& waiter) {
  leave(waiter.finding, waiter.workflow);
  queues_[queue].waiting.insert(waiter);
  places_[waiter.finding][waiter.workflow] = {queue, waiter};
}

std::optional<std::string> GuardQueues::leave(const std::string& finding, const std::string& workflow) {
  const auto of_finding = places_.find(finding);
  if (of_finding == places_.end()) return std::nullopt;
  const auto place = of_finding->second.find(workflow);
  if (place == of_finding->second.end()) return std::nullopt;
  std::string queue = std::move(place->second.queue);
  const auto waiters = queues_.find(queue);
  waiters->second.waiting.erase(place->second.waiter);
  waiters->second.called.erase(place->second.waiter);
  if (waiters->second.waiting.empty() && waiters->second.called.empty()) queues_.erase(waiters);
  of_finding->second.erase(place);
  if (of_finding->second.empty()) places_.erase(of_finding);
  return queue;
}

void GuardQueues::forget(const std::string& finding) {
  for (auto found = places_.find(finding); found != places_.end(); found = places_.find(finding)) {
    leave(finding, std::string(found->second.begin()->first));
  }
}

const GuardQueues::Waiter* GuardQueues::first(const std::string& queue) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return nullptr;
  const auto& [waiting, called] = found->second;
  if (waiting.empty() || called.empty()) return waiting.empty() ? &*called.begin() : &*waiting.begin();
  return *called.begin() < *waiting.begin() ? &*called.begin() : &*waiting.begin();
}

bool GuardQueues::may_go(const std::string& queue, const Waiter& waiter) const {
  const Waiter* best = first(queue);
  return best == nullptr || !(*best < waiter) || queues_.at(queue).called.contains(waiter);
}

void GuardQueues::let_pass(const std::string& queue, const Waiter& waiter) {
  wait(queue, waiter);
  Queue& all = queues_.at(queue);
  all.called.insert(all.waiting.extract(waiter));
}

std::vector<std::string> GuardQueues::call(const std::string& queue, std::size_t many) {
  std::vector<std::string> called;
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return called;
  Queue& all = found->second;
  while (all.called.size() < many && !all.waiting.empty()) {
    called.push_back(all.waiting.begin()->finding);
    all.called.insert(all.waiting.extract(all.waiting.begin()));
  }
  return called;
}

void GuardQueues::claim(const std::string& budget, std::uint64_t run, Level severity) {
  if (claims_.try_emplace(run, budget, severity).second) ++claimed_[budget][severity];
}

std::optional<std::string> GuardQueues::release(std::uint64_t run) {
  const auto found = claims_.find(run);
  if (found == claims_.end()) return std::nullopt;
  const auto of_budget = claimed_.find(found->second.budget);
  if (--of_budget->second[found->second.severity] == 0) of_budget->second.erase(found->second.severity);
  if (of_budget->second.empty()) claimed_.erase(of_budget);
  std::string budget = std::move(found->second.budget);
  claims_.erase(found);
  return budget;
}

std::size_t GuardQueues::claimed(const std::string& budget, Level severity) const {
  const auto found = claimed_.find(budget);
  std::size_t count = 0;
  if (found == claimed_.end()) return count;
  for (auto it = found->second.lower_bound(severity); it != found->second.end(); ++it) count += it->second;
  return count;
}

}  // namespace aright::engine
