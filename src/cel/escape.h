// Escapes in texts and bytes, both ways.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aright::cel {

struct Escape {
  std::size_t length{0};  ///< bytes read; 0: not an escape
  std::string problem;
};

/// Reads the escape `text` begins with (a backslash) and appends what it means to `out`. In bytes \x and octal are one
/// byte each, in text a code point; \u and \U only stand in text.
[[nodiscard]] Escape decode_escape(std::string_view text, bool bytes, std::string& out);

/// The literal in double quotes that means `value`; bytes get the prefix b and escapes for all that is not ASCII.
[[nodiscard]] std::string text_literal(std::string_view value);
[[nodiscard]] std::string bytes_literal(std::string_view value);

}  // namespace aright::cel
