// Runs that have not begun. A value: no clock, no threads.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/control.h"

namespace aright::engine {

/// Runs that wait to begin, and which source each is from. Severe ones begin first, then older ones. Those with
/// programs or calls stand in a queue of their own, so that nobody walks past ten thousand that have no room.
class Backlog {
 public:
  struct Waiter {
    Level severity{Level::medium};
    std::uint64_t run{0};
    bool errands{false};
    const std::string* source{nullptr};  ///< a key of `by_source_`
    bool operator<(const Waiter& other) const {
      return severity == other.severity ? run < other.run : severity > other.severity;
    }
  };

  [[nodiscard]] std::size_t size() const { return queues_[0].size() + queues_[1].size(); }
  template <typename Told>
  void each(const Told& told) const {
    for (const auto& queue : queues_) {
      for (const Waiter& waiter : queue) told(waiter);
    }
  }
  /// Who is next behind `last`, or first of all; of the queues that are asked for.
  [[nodiscard]] std::optional<Waiter> next(const std::optional<Waiter>& last, bool errands, bool others) const {
    std::optional<Waiter> best;
    const auto look = [&](const std::set<Waiter>& queue) {
      const auto at = last ? queue.upper_bound(*last) : queue.begin();
      if (at != queue.end() && (!best || *at < *best)) best = *at;
    };
    if (others) look(queues_[0]);
    if (errands) look(queues_[1]);
    return best;
  }

  void add(Level severity, std::uint64_t run, bool errands, const std::string& source) {
    const auto of = by_source_.try_emplace(source, 0).first;
    if (queues_.at(errands ? 1 : 0).insert({severity, run, errands, &of->first}).second) ++of->second;
    if (of->second == 0) by_source_.erase(of);
  }

  void remove(std::uint64_t run) {
    for (std::set<Waiter>& queue : queues_) {
      for (const Level severity : {Level::informational, Level::low, Level::medium, Level::high, Level::critical}) {
        const auto found = queue.find({severity, run, false, nullptr});
        if (found == queue.end()) continue;
        const auto of = by_source_.find(*found->source);
        queue.erase(found);
        if (--of->second == 0) by_source_.erase(of);
        return;
      }
    }
  }

  /// Of which sources no more should be taken in, when `most` wait: those with a part of it that is not small. Others
  /// are not kept waiting by their flood.
  [[nodiscard]] std::set<std::string> crowding(std::size_t most) const {
    std::set<std::string> sources;
    if (size() < most) return sources;
    for (const auto& [source, runs] : by_source_) {
      if (runs * small_part >= most) sources.insert(source);
    }
    return sources;
  }

 private:
  static constexpr std::size_t small_part = 16;
  std::array<std::set<Waiter>, 2> queues_;  ///< without errands, with
  std::map<std::string, std::size_t> by_source_;
};

}  // namespace aright::engine
