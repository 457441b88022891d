// Decisions not to act that are no entries of their own. A value: no clock, no threads.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace aright::engine {

/// Of a minute's decisions by one guard about one workflow, or by one waiver, the first is an entry; the others are
/// counted until the minute is over.
class DecisionCounts {
 public:
  struct Key {
    std::string guard;
    std::string workflow;  ///< empty: it is a waiver's
    std::uint64_t waiver{0};
    auto operator<=>(const Key&) const = default;
  };
  struct Minute {
    Key key;
    WallTime begun{};        ///< by the wall clock as it was then
    std::uint64_t count{0};  ///< beside those that are entries
  };

  /// One that is an entry, whatever came before it in its minute.
  void recorded(const Key& key, const Now& now) { static_cast<void>(minute(key, now)); }
  /// False: it is the first of its minute, and shall be an entry. `many`: as many in one go.
  [[nodiscard]] bool counts(const Key& key, const Now& now, std::uint64_t many);
  /// Those that are over and have counted something, the oldest first; each is told once.
  [[nodiscard]] std::vector<Minute> over(Nanos boot);
  /// All, whether or not they are over.
  [[nodiscard]] std::vector<Minute> all() { return over(Nanos::max()); }
  /// Of one key, at once; no more of it comes.
  [[nodiscard]] std::optional<Minute> end(const Key& key);
  /// Boot time at which the next is over.
  [[nodiscard]] std::optional<Nanos> due() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  }

 private:
  struct Open {
    WallTime begun{};
    Nanos until{};  ///< boot time
    std::uint64_t count{0};
  };
  /// True: it has just begun.
  bool minute(const Key& key, const Now& now);

  std::map<Key, Open> open_;
  std::set<std::pair<Nanos, Key>> due_;  ///< of those that have counted something
};

}  // namespace aright::engine
