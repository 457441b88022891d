#include "guard/at_work.h"

#include <fmt/format.h>

namespace aright::guard {

namespace {

/// "8 of 8 runs", or that what is left is not for it.
std::string numbers(std::size_t taken, std::size_t limit, bool critical) {
  const std::size_t kept = critical ? 0 : reserved(limit);
  if (kept == 0 || taken >= limit) return fmt::format("{} of {} runs are at work", taken, limit);
  return fmt::format("{} of {} runs are at work, the rest is for critical findings", taken, limit);
}

}  // namespace

std::size_t AtWork::of(const std::string& workflow) const {
  const auto known = by_workflow_.find(workflow);
  return known == by_workflow_.end() ? 0 : known->second;
}

std::string AtWork::full(const Share& share) const {
  if (!has_room(share.critical, false)) return numbers(all_.all, limits_.runs, share.critical);
  if (!has_room(share.critical, share.errands)) {
    return "programs and calls: " + numbers(errands_.all, errands_most(), share.critical);
  }
  if (const std::size_t taken = of(share.workflow); share.most && taken >= *share.most) {
    return fmt::format("workflow {}: {} of {} runs are at work", share.workflow, taken, *share.most);
  }
  for (const std::string& driver : share.drivers) {
    const auto limit = limits_.drivers.find(driver);
    const auto taken = by_driver_.find(driver);
    if (limit == limits_.drivers.end() || taken == by_driver_.end()) continue;
    if (taken->second.has_room(limit->second, share.critical)) continue;
    return fmt::format("driver {}: {}", driver, numbers(taken->second.all, limit->second, share.critical));
  }
  return {};
}

const std::set<std::uint64_t>& AtWork::on(const std::string& subject) const {
  static const std::set<std::uint64_t> nobody;
  const auto known = by_subject_.find(subject);
  return known == by_subject_.end() ? nobody : known->second;
}

void AtWork::enter(std::uint64_t run, Share share) {
  const auto [entered, fresh] = shares_.emplace(run, std::move(share));
  if (!fresh) return;
  const Share& now = entered->second;
  all_.add(now.critical);
  if (now.errands) errands_.add(now.critical);
  ++by_workflow_[now.workflow];
  for (const std::string& driver : now.drivers) by_driver_[driver].add(now.critical);
  by_subject_[now.subject].insert(run);
}

std::optional<Share> AtWork::leave(std::uint64_t run) {
  const auto known = shares_.find(run);
  if (known == shares_.end()) return std::nullopt;
  Share share = std::move(known->second);
  shares_.erase(known);
  all_.remove(share.critical);
  if (share.errands) errands_.remove(share.critical);
  if (--by_workflow_.at(share.workflow) == 0) by_workflow_.erase(share.workflow);
  for (const std::string& driver : share.drivers) {
    Taken& taken = by_driver_.at(driver);
    taken.remove(share.critical);
    if (taken.all == 0) by_driver_.erase(driver);
  }
  const auto of_subject = by_subject_.find(share.subject);
  of_subject->second.erase(run);
  if (of_subject->second.empty()) by_subject_.erase(of_subject);
  return share;
}

}  // namespace aright::guard
