// `selection and not 1 of filter_*` → Condition.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

/// A mistake at a byte of the condition's text.
struct ConditionMistake {
  std::size_t offset{0};
  std::string word;  ///< what stands there; empty at the end
  std::string message;
  std::string hint;
};

/// Precedence low to high: or, and, not, `N of`, parentheses; words in any case. `N of them` is every identifier that
/// does not begin with `_`; `N of x*` every one that fits, where `*` may stand anywhere. N is `all`, `any`, or a
/// number. nullopt after `mistake` was called once: a syntax error, an unknown identifier, a pattern that fits none,
/// the old counting form (`| count()`), more than 64 levels. Pure.
[[nodiscard]] std::optional<Condition> read_condition(std::string_view text, const std::vector<std::string>& searches,
                                                      const std::function<void(ConditionMistake)>& mistake);

}  // namespace aright::detect::sigma
