// Hexadecimal, base64 and UTF-8: one text for the same bytes, everything else refused.
#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace aright {
namespace {

using namespace std::string_literals;

TEST(Base64, KnownAnswers) {  // RFC 4648 §10
  const std::vector<std::pair<std::string, std::string>> table{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"},
                                                               {"\xFB\xFF\xFE", "+//+"},
                                                               {"\0\0"s, "AAA="}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(base64(bytes), text);
    ASSERT_TRUE(unbase64(text)) << text;
    EXPECT_EQ(*unbase64(text), bytes);
  }
}

TEST(Base64, RefusesByTable) {
  for (const std::string& bad :
       {"Z"s,        "Zg"s,       "Zg="s,      "Zg==="s,  "Z==="s,  "===="s,    "="s,        "Zm9v="s, "Zm9vZg"s,
        "Zh=="s,     "Zm9="s,     "Zm9vZ==="s, "Zm9v\n"s, " Zm9v"s, "Zm 9v"s,   "Zm9v\r\n"s, "Zm-v"s,  "Zm_v"s,
        "Zm9=Zm9v"s, "Zg==Zg=="s, "Z=g="s,     "=m9v"s,   "Zm9\0"s, "Zm9\xC3"s, "Zm9*"s}) {
    EXPECT_FALSE(unbase64(bad)) << bad;
  }
}

RC_GTEST_PROP(Base64, RoundTrips, (const std::string& bytes)) {
  const auto again = unbase64(base64(bytes));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == bytes);
}

RC_GTEST_PROP(Base64, WhatIsAcceptedIsTheOnlyText, ()) {
  std::string text;
  for (int left = *rc::gen::inRange(0, 3) * 4; left > 0; --left) text += *rc::gen::elementOf("AQgwZ/+8=="s);
  if (const auto bytes = unbase64(text)) RC_ASSERT(base64(*bytes) == text);
}

TEST(Hex, IsStrict) {
  EXPECT_EQ(hex(as_bytes("\0\x0f\xf0\xff"s)), "000ff0ff");
  EXPECT_EQ(*unhex("000ff0ff"), "\0\x0f\xf0\xff"s);
  EXPECT_EQ(*unhex(""), "");
  for (const std::string& bad : {"0"s, "000"s, "0F"s, "FF"s, "0g"s, " 00"s, "00 "s, "0x00"s, "00\n"s, "0\0"s, "-1"s}) {
    EXPECT_FALSE(unhex(bad)) << bad;
  }
}

RC_GTEST_PROP(Hex, RoundTrips, (const std::string& bytes)) { RC_ASSERT(*unhex(hex(as_bytes(bytes))) == bytes); }

/// By the definition: decode with the shortest-form, surrogate and range rules of RFC 3629 §3.
bool utf8_by_definition(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
    const std::uint32_t lead = byte(i);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5U == 6 ? 2 : lead >> 4U == 14 ? 3 : lead >> 3U == 30 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if (byte(i + k) >> 6U != 2) return false;
      code = code << 6U | (byte(i + k) & 63U);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

TEST(Utf8, EqualsTheDefinitionForEveryPairAndTheEdgesOfLongerOnes) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const std::string two{static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(is_utf8(two), utf8_by_definition(two)) << a << " " << b;
      for (const char c : {'\x7f', '\x80', '\xbf', '\xc0'}) {
        for (const std::string& longer : {two + c, two + c + '\x80', two + c + '\xbf', two + "\xbf" + c}) {
          ASSERT_EQ(is_utf8(longer), utf8_by_definition(longer)) << a << " " << b;
        }
      }
    }
  }
}

}  // namespace
}  // namespace aright
