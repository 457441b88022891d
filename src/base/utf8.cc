#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace aright {

namespace {

/// How many bytes a character with this first byte has; 0: none begins so.
std::size_t size_by(std::uint32_t lead) {
  if (lead < 0x80U) return 1;
  if (lead < 0xC0U) return 0;
  if (lead < 0xE0U) return 2;
  if (lead < 0xF0U) return 3;
  return lead < 0xF8U ? 4 : 0;
}

constexpr std::array<char32_t, 5> smallest_of_size{0, 0, 0x80, 0x800, 0x10000};

/// Bytes at the beginning that are ASCII, in whole words: most text is nothing else.
std::size_t ascii_words(std::string_view bytes) {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & high_bits) != 0) break;
  }
  return at;
}

}  // namespace

void append_character(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

std::optional<Character> first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  if (text.empty()) return std::nullopt;
  const std::size_t size = size_by(byte(0));
  if (size == 0 || size > text.size()) return std::nullopt;
  if (size == 1) return Character{byte(0), 1};
  char32_t code = byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return std::nullopt;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest_of_size.at(size) || code > 0x10FFFF || surrogate) return std::nullopt;
  return Character{code, size};
}

bool is_utf8(std::string_view bytes) {
  while (true) {
    bytes.remove_prefix(ascii_words(bytes));
    if (bytes.empty()) return true;
    const auto character = first_character(bytes);
    if (!character) return false;
    bytes.remove_prefix(character->size);
  }
}

std::size_t plain_ascii(std::string_view bytes) {
  const auto end = std::ranges::find_if(bytes, [](char c) { return c < ' ' || c > '~'; });
  return static_cast<std::size_t>(end - bytes.begin());
}

bool is_no_character(char32_t code) { return (code & 0xFFFEU) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF); }

bool is_hidden(char32_t code) {
  const auto in = [code](char32_t low, char32_t high) { return low <= code && code <= high; };
  return code < 0x20 || in(0x7F, 0x9F) || code == 0x061C || in(0x200B, 0x200F) || in(0x2028, 0x202E) ||
         in(0x2060, 0x206F) || code == 0xFEFF;
}

}  // namespace aright
