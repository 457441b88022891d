#include "detect/sigma/fold.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace aright::detect::sigma {

namespace {

struct Row {
  char32_t first, last;
  std::uint32_t step;
  std::int32_t added;
};

constexpr auto rows = std::to_array<Row>({
#include "detect/sigma/fold_table.inc"
});

char32_t folded(char32_t c) {
  const auto row = std::ranges::lower_bound(rows, c, {}, &Row::last);
  if (row == rows.end() || c < row->first || (c - row->first) % row->step != 0) return c;
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + row->added);
}

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Of a longer form than needed, a surrogate or beyond U+10FFFF the second byte tells (Unicode, table 3-7).
bool begins_well(unsigned first, unsigned second) {
  switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
  }
}

}  // namespace

std::size_t code_point_size(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  const std::size_t size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
  if (at + size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80U) return 1;
  }
  return size == 1 || begins_well(first, byte_at(text, at + 1)) ? size : 1;
}

char32_t code_point(std::string_view text, std::size_t at) {
  const std::size_t size = code_point_size(text, at);
  const unsigned first = byte_at(text, at);
  if (size == 1) return first < 0x80 ? first : 0xFFFD;
  char32_t c = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = c << 6U | (byte_at(text, at + i) & 0x3FU);
  return c;
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const unsigned first = byte_at(text, at);
    if (first < 0x80) {
      out.push_back(static_cast<char>(first >= 'A' && first <= 'Z' ? first + ('a' - 'A') : first));
      ++at;
      continue;
    }
    const std::size_t size = code_point_size(text, at);
    if (size == 1) {
      out.push_back(text[at]);
    } else {
      append_character(out, folded(code_point(text, at)));
    }
    at += size;
  }
  return out;
}

}  // namespace aright::detect::sigma
