// Hexadecimal and base64: one text for the same bytes, everything else refused.
#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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

}  // namespace
}  // namespace aright
