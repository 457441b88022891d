// The reviews that wait for a person. A value: no clock, no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/run.h"

namespace aright::engine {

/// By id; how many each workflow has; and which are over first, without walking all of them: a flood may open
/// thousands.
class OpenReviews {
 public:
  [[nodiscard]] const std::map<std::uint64_t, Review>& all() const { return all_; }
  [[nodiscard]] std::size_t of(const std::string& workflow) const {
    const auto known = by_workflow_.find(workflow);
    return known == by_workflow_.end() ? 0 : known->second;
  }
  [[nodiscard]] Review* find(std::uint64_t id) {
    const auto known = all_.find(id);
    return known == all_.end() ? nullptr : &known->second;
  }

  void add(Review review) {
    const std::uint64_t id = review.id;
    const auto [known, fresh] = all_.emplace(id, std::move(review));
    if (!fresh) return;
    ++by_workflow_[known->second.workflow];
    by_wall_.emplace(known->second.expires_at, id);
    by_boot_.emplace(key(known->second), id);
  }
  void remove(std::uint64_t id) {
    const auto known = all_.find(id);
    if (known == all_.end()) return;
    lasts(id);
    const auto of = by_workflow_.find(known->second.workflow);
    if (--of->second == 0) by_workflow_.erase(of);
    all_.erase(known);
  }
  /// It waits without an end.
  void lasts(std::uint64_t id) {
    const auto known = all_.find(id);
    if (known == all_.end()) return;
    by_wall_.erase({known->second.expires_at, id});
    by_boot_.erase({key(known->second), id});
  }

  /// Those whose time is over, by the clock that went further: `elapsed_at_most`. Oldest number first.
  [[nodiscard]] std::set<std::uint64_t> over(const Now& now) const {
    std::set<std::uint64_t> ids;
    for (const auto& [at, id] : by_wall_) {
      if (at > now.wall) break;
      ids.insert(id);
    }
    for (auto it = by_boot_.lower_bound({{now.boot_id, Nanos::min()}, 0}); it != by_boot_.end(); ++it) {
      if (it->first.first != now.boot_id || it->first.second > now.boot) break;
      ids.insert(it->second);
    }
    return ids;
  }
  /// Until the first is over, if the wall clock is not set; none: no end is known.
  [[nodiscard]] std::optional<Nanos> left(const Now& now) const {
    std::optional<Nanos> least;
    if (!by_wall_.empty()) least = by_wall_.begin()->first - now.wall;
    const auto it = by_boot_.lower_bound({{now.boot_id, Nanos::min()}, 0});
    if (it != by_boot_.end() && it->first.first == now.boot_id) {
      const Nanos boot = it->first.second - now.boot;
      if (!least || boot < *least) least = boot;
    }
    return least;
  }

 private:
  using BootKey = std::pair<std::string, Nanos>;  ///< which boot, and its clock at the end
  static BootKey key(const Review& r) { return {r.opened.boot_id, r.opened.boot + (r.expires_at - r.opened.wall)}; }

  std::map<std::uint64_t, Review> all_;
  std::map<std::string, std::size_t> by_workflow_;
  std::set<std::pair<WallTime, std::uint64_t>> by_wall_;
  std::set<std::pair<BootKey, std::uint64_t>> by_boot_;
};

}  // namespace aright::engine
