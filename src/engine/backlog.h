// Runs that have not begun. A value: no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "model/control.h"

namespace aright::engine {

/// Runs that wait to begin, and which source each is from. Severe ones begin first, then older ones.
class Backlog {
 public:
  struct Waiter {
    Level severity{Level::medium};
    std::uint64_t run{0};
    const std::string* source{nullptr};  ///< a key of `by_source_`
    bool operator<(const Waiter& other) const {
      return severity == other.severity ? run < other.run : severity > other.severity;
    }
  };

  [[nodiscard]] const std::set<Waiter>& waiting() const { return waiting_; }

  void add(Level severity, std::uint64_t run, const std::string& source) {
    const auto of = by_source_.try_emplace(source, 0).first;
    if (waiting_.insert({severity, run, &of->first}).second) ++of->second;
    if (of->second == 0) by_source_.erase(of);
  }

  void remove(std::uint64_t run) {
    for (const Level severity : {Level::informational, Level::low, Level::medium, Level::high, Level::critical}) {
      const auto found = waiting_.find({severity, run, nullptr});
      if (found == waiting_.end()) continue;
      const auto of = by_source_.find(*found->source);
      waiting_.erase(found);
      if (--of->second == 0) by_source_.erase(of);
      return;
    }
  }

  /// Of which sources no more should be taken in, when `most` wait: those with a part of it that is not small. Others
  /// are not kept waiting by their flood.
  [[nodiscard]] std::set<std::string> crowding(std::size_t most) const {
    std::set<std::string> sources;
    if (waiting_.size() < most) return sources;
    for (const auto& [source, runs] : by_source_) {
      if (runs * small_part >= most) sources.insert(source);
    }
    return sources;
  }

 private:
  static constexpr std::size_t small_part = 16;
  std::set<Waiter> waiting_;
  std::map<std::string, std::size_t> by_source_;
};

}  // namespace aright::engine
