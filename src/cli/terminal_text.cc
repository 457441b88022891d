#include "cli/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace aright::cli {

namespace {

bool is_shown_otherwise(char32_t code) { return is_hidden(code) || is_no_character(code); }

}  // namespace

std::string safe(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t plain = plain_ascii(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return out;
    const auto character = first_character(text);
    const std::size_t size = character ? character->size : 1;
    if (!character || (size == 1 && is_hidden(character->code))) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
    } else if (is_shown_otherwise(character->code)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(character->code));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace aright::cli
