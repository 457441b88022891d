#include "cli/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace aright::cli {

namespace {

/// Length of the sequence that `first` begins; 1 for a byte that begins none.
std::size_t sequence_length(unsigned char first) {
  if (first >= 0xF0U) return 4;
  if (first >= 0xE0U) return 3;
  return first >= 0xC0U ? 2 : 1;
}

/// Of a valid sequence.
char32_t character_of(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence.front());
  auto value = static_cast<char32_t>(static_cast<unsigned char>(sequence.front()) & (0x7FU >> sequence.size()));
  for (const char c : sequence.substr(1)) value = (value << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

bool turns_direction(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::string safe(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::min(sequence_length(static_cast<unsigned char>(text.front())), text.size());
    const std::string_view sequence = text.substr(0, length);
    if (!is_utf8(sequence)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
      text.remove_prefix(1);
      continue;
    }
    const char32_t c = character_of(sequence);
    if (is_control(c) && c < 0x80) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else if (is_control(c) || turns_direction(c)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
    } else {
      out += sequence;
    }
    text.remove_prefix(length);
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace aright::cli
