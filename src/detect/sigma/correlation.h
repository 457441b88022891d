// A Sigma correlation as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "detect/sigma/event.h"
#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

/// How many events fire: from `least` to `most`.
struct CountRange {
  std::uint64_t least{1};
  std::optional<std::uint64_t> most;  ///< nullopt: no upper end
  bool operator==(const CountRange&) const = default;
};

inline constexpr std::uint64_t correlation_count_max = 10'000;
inline constexpr std::chrono::hours correlation_timespan_max{24 * 366};

/// `event_count`: so many events of some rules within a time, for each group of equal field values.
struct Correlation {
  Header header;
  std::vector<std::string> rules;                                     ///< ids or names as written
  std::vector<Position> rules_at;                                     ///< where each is written
  std::vector<std::string> group_by;                                  ///< fields or aliases; empty: one group
  std::map<std::string, std::map<std::string, std::string>> aliases;  ///< alias → rule as written → field
  Nanos timespan{};
  CountRange count;
  bool generate{false};               ///< the rules also alert by themselves
  std::vector<std::string> counted;   ///< in a RuleSet: `matching` of each of the rules
  std::vector<Position> group_by_at;  ///< where each is written

  /// Hex SHA-256 of what decides about firing; windows of another definition are of no use to this one.
  [[nodiscard]] std::string hash() const;
};

/// The values of the `group_by` fields of an event that matched the rule which `correlation` calls `rule`; of a list
/// the first value, of a value over 256 bytes its beginning and its hash. nullopt: the event lacks one of them and
/// belongs to no group.
[[nodiscard]] std::optional<std::vector<std::string>> group_of(const Correlation& correlation, const std::string& rule,
                                                               const Event& event);

}  // namespace aright::detect::sigma
