#include "engine/guard_queues.h"

#include <tuple>
#include <utility>

namespace aright::engine {

bool GuardQueues::Waiter::operator<(const Waiter& other) const {
  if (severity != other.severity) return severity > other.severity;
  return std::tie(opened, offset, finding, workflow) <
         std::tie(other.opened, other.offset, other.finding, other.workflow);
}

GuardQueues::Waiter GuardQueues::known(const Waiter& waiter) const {
  const auto of_finding = places_.find(waiter.finding);
  if (of_finding == places_.end()) return waiter;
  const auto place = of_finding->second.find(waiter.workflow);
  return place == of_finding->second.end() ? waiter : place->second.waiter;
}

void GuardQueues::wait(const std::string& queue, const Waiter& waiter) {
  const Waiter one = known(waiter);
  leave(one.finding, one.workflow);
  queues_[queue].waiting.insert(one);
  places_[one.finding][one.workflow] = {queue, one};
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

void GuardQueues::weighs_anew(const std::string& finding, Level severity) {
  const auto of_finding = places_.find(finding);
  if (of_finding == places_.end()) return;
  for (auto& [workflow, place] : of_finding->second) {
    Queue& all = queues_.at(place.queue);
    std::set<Waiter>& set = all.called.contains(place.waiter) ? all.called : all.waiting;
    auto waiter = set.extract(place.waiter);
    waiter.value().severity = place.waiter.severity = severity;
    set.insert(std::move(waiter));
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
  return best == nullptr || !(*best < known(waiter)) || is_called(queue, waiter);
}

bool GuardQueues::is_called(const std::string& queue, const Waiter& waiter) const {
  const auto found = queues_.find(queue);
  return found != queues_.end() && found->second.called.contains(known(waiter));
}

void GuardQueues::let_pass(const std::string& queue, const Waiter& waiter) {
  wait(queue, waiter);
  Queue& all = queues_.at(queue);
  all.called.insert(all.waiting.extract(known(waiter)));
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

void GuardQueues::claim(const std::string& queue, std::uint64_t run, Level severity) {
  if (claims_[run].try_emplace(queue, severity).second) ++claimed_[queue][severity];
}

std::vector<std::string> GuardQueues::release(std::uint64_t run) {
  std::vector<std::string> queues;
  const auto found = claims_.find(run);
  if (found == claims_.end()) return queues;
  for (const auto& [queue, severity] : found->second) {
    const auto all = claimed_.find(queue);
    if (--all->second[severity] == 0) all->second.erase(severity);
    if (all->second.empty()) claimed_.erase(all);
    queues.push_back(queue);
  }
  claims_.erase(found);
  return queues;
}

std::size_t GuardQueues::claimed(const std::string& queue, Level severity) const {
  const auto found = claimed_.find(queue);
  std::size_t count = 0;
  if (found == claimed_.end()) return count;
  for (auto it = found->second.lower_bound(severity); it != found->second.end(); ++it) count += it->second;
  return count;
}

}  // namespace aright::engine
