// UTF-8, character by character: the one decoder of this program.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aright {

struct Character {
  char32_t code{0};
  std::size_t size{0};  ///< bytes, 1 to 4
};

/// The character that `text` begins with; nullopt when it begins with none, or is empty. RFC 3629: no overlong forms,
/// no surrogates, nothing above U+10FFFF. Pure.
[[nodiscard]] std::optional<Character> first_character(std::string_view text);

/// The inverse of `first_character`, which takes back neither a surrogate nor what is above U+10FFFF, though bytes of
/// that form are appended for those up to U+1FFFFF. Pure.
void append_character(std::string& out, char32_t code);

/// Nothing but whole characters. Pure.
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// How many bytes at the beginning are letters, digits, signs and spaces of ASCII. Pure.
[[nodiscard]] std::size_t plain_ascii(std::string_view bytes);

/// Cannot be seen as itself: controls (C0, DEL, C1), and marks that take no room, break a line or turn its direction in
/// a terminal or a browser. Pure.
[[nodiscard]] bool is_hidden(char32_t code);
/// U+FFFE, U+FFFF and their like, which Unicode keeps out of texts, and XML 1.0 and YAML out of files.
[[nodiscard]] bool is_no_character(char32_t code);

}  // namespace aright
