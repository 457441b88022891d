#include "engine/decision_counts.h"

namespace aright::engine {

/// Which the wall clock shows; how long it lasts goes by the clock that never steps.
bool DecisionCounts::minute(const Key& key, const Now& now) {
  const auto known = open_.find(key);
  if (known != open_.end() && now.boot < known->second.until) return false;
  const WallTime begun = std::chrono::floor<std::chrono::minutes>(now.wall);
  open_[key] = {begun, now.boot + (begun + std::chrono::minutes{1} - now.wall), 0};
  return true;
}

bool DecisionCounts::counts(const Key& key, const Now& now, std::uint64_t many) {
  if (minute(key, now)) return false;
  Open& open = open_.at(key);
  if (open.count == 0) due_.emplace(open.until, key);
  open.count += many;
  return true;
}

std::vector<DecisionCounts::Minute> DecisionCounts::over(Nanos boot) {
  std::vector<Minute> list;
  while (!due_.empty() && due_.begin()->first <= boot) {
    const Key key = due_.begin()->second;
    if (auto ended = end(key)) list.push_back(std::move(*ended));
  }
  return list;
}

std::optional<DecisionCounts::Minute> DecisionCounts::end(const Key& key) {
  const auto known = open_.find(key);
  if (known == open_.end()) return std::nullopt;
  const Open open = known->second;
  open_.erase(known);
  if (open.count == 0) return std::nullopt;
  due_.erase({open.until, key});
  return Minute{key, open.begun, open.count};
}

}  // namespace aright::engine
