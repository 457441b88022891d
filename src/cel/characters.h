// Reading texts from their front, a character at a time.
#pragma once

#include <string_view>

namespace aright::cel {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `expected` comes first; then it is taken off.
inline bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace aright::cel
