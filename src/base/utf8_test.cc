// The decoder against the definition of RFC 3629 §3, written out: a bit pattern, the shortest form, no surrogates.
#include "base/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdint>
#include <string>

namespace aright {
namespace {

std::string encoded(char32_t code, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> lead{0, 0, 0xC0, 0xE0, 0xF0};
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 1;) {
    bytes[i] = static_cast<char>(0x80U | (code & 0x3FU));
    code >>= 6U;
  }
  bytes[0] = static_cast<char>(lead.at(size) | code);
  return bytes;
}

std::size_t shortest(char32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

TEST(Utf8, EveryCodeInEveryLength) {
  constexpr std::array<char32_t, 5> codes_of_size{0, 0x80, 0x800, 0x10000, 0x200000};
  for (std::size_t size = 1; size <= 4; ++size) {
    for (char32_t code = 0; code < codes_of_size.at(size); ++code) {
      const std::string bytes = encoded(code, size) + "x";
      const auto read = first_character(bytes);
      const bool good = shortest(code) == size && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
      ASSERT_EQ(read.has_value(), good) << std::hex << static_cast<std::uint32_t>(code) << " in " << size;
      ASSERT_EQ(is_utf8(bytes), good);
      if (!read) continue;
      ASSERT_EQ(read->code, code);
      ASSERT_EQ(read->size, size);
      std::string made;
      append_character(made, code);
      ASSERT_EQ(made + "x", bytes);
      ASSERT_FALSE(size > 1 && first_character(std::string_view(bytes).substr(0, size - 1))) << "cut short";
    }
  }
}

TEST(Utf8, NothingElseBeginsACharacter) {
  EXPECT_FALSE(first_character(""));
  EXPECT_TRUE(is_utf8(""));
  for (unsigned lead = 0x80; lead < 0x100; ++lead) {
    if (lead >= 0xC0 && lead < 0xF8) continue;
    EXPECT_FALSE(first_character(std::string(1, static_cast<char>(lead)) + "\x80\x80\x80\x80\x80")) << lead;
  }
  for (std::size_t at = 1; at < 4; ++at) {
    for (const char wrong : {'\x00', '\x7f', '\xc0', '\xff'}) {
      std::string bytes = "\U0001F600";
      bytes[at] = wrong;
      EXPECT_FALSE(first_character(bytes)) << at;
    }
  }
}

TEST(Utf8, IsLookedAtWhereverItStands) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string left(before, 'a');
      const std::string right(after, 'z');
      EXPECT_TRUE(is_utf8(left + "\u00e9" + right)) << before << " " << after;
      EXPECT_FALSE(is_utf8(left + '\xe9' + right)) << before << " " << after;
    }
  }
}

TEST(Utf8, WhatIsHidden) {
  for (const char32_t code : U"\u001B\u007F\u0080\u009F\u061C\u200B\u200F\u2028\u202E\u2060\u2066\uFEFF") {
    EXPECT_TRUE(is_hidden(code)) << std::hex << static_cast<std::uint32_t>(code);  // the closing NUL too
  }
  for (const char32_t code : std::u32string_view(U" ~\u00A0\u00E4\u200A\u2010\u2027\u202F\u20AC\U0001F600")) {
    EXPECT_FALSE(is_hidden(code)) << std::hex << static_cast<std::uint32_t>(code);
  }
}

}  // namespace
}  // namespace aright
