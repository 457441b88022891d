// Rule × event → does it match, and why. The plain matcher: one rule at a time; what a rule means is defined here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/sigma/event.h"
#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

struct Match {
  std::vector<std::string> searches;  ///< the search identifiers that are true of the event, in file order
};

/// nullopt: the condition does not hold. The log source is not looked at (`applies` is for that). Pure but for what
/// `event` remembers; cannot fail. Time: linear in the event for every value a rule has (times the pattern's length
/// where it has inner wildcards).
[[nodiscard]] std::optional<Match> match(const Rule& rule, const Event& event);

struct SearchSeen {
  std::string name;
  bool holds{false};
  /// Where it does not: the fields, in file order, whose values are not as the alternative wants that comes nearest.
  /// Empty: it looks at no field, but at all values.
  std::vector<std::string> lacks;
};
/// Every search identifier with its truth, whether the rule matches or not: what `explain` shows.
[[nodiscard]] std::vector<SearchSeen> explain(const Rule& rule, const Event& event);

}  // namespace aright::detect::sigma
