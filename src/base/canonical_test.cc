#include "base/canonical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace aright {
namespace {

using ::testing::HasSubstr;

TEST(Canonical, WritesWhatTheTreeWouldBe) {
  CanonicalWriter out;
  {
    CanonicalObject doc(out);
    doc.boolean("a", true);
    {
      CanonicalList list(doc.at("b"));
      list.next().number(-3);
      list.next().null();
      CanonicalObject inner(list.next());
      inner.text("", "\x01\"\\\n\u00e9");
    }
    doc.texts("c", {});
    doc.number("d", std::uint64_t{1} << 53U);
    doc.json("e", Json{{"z", 1}, {"y", Json::array({"x"})}});
  }
  const auto text = std::move(out).end();
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "{\"a\":true,\"b\":[-3,null,{\"\":\"\\u0001\\\"\\\\\\n\u00e9\"}],\"c\":[],\"d\":9007199254740992,"
            "\"e\":{\"y\":[\"x\"],\"z\":1}}");
  EXPECT_EQ(canonical_json(parse_json(*text).value()).value(), *text);
}

TEST(Canonical, NamesComeInRisingOrderAndOnce) {
  for (const char* second : {"a", "b"}) {
    CanonicalWriter out;
    {
      CanonicalObject doc(out);
      doc.number("b", 1);
      doc.number(second, 2);
    }
    const auto text = std::move(out).end();
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().message, HasSubstr("comes after \"b\""));
  }
}

TEST(Canonical, TheFirstMistakeIsTold) {
  CanonicalWriter out;
  out.text("\xff");
  out.number((std::int64_t{1} << 53U) + 1);
  const auto text = std::move(out).end();
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("not UTF-8"));
}

RC_GTEST_PROP(Canonical, TextIsReadBackWhereverAByteThatNeedsCareStands, ()) {
  const auto letters =
      *rc::gen::container<std::string>(rc::gen::element('a', ' ', '~', '"', '\\', '\x1f', '\x7f', '\t'));
  const auto left = *rc::gen::inRange<std::size_t>(0, 20);
  const std::string whole = std::string(left, 'x') + letters + "\u20ac" + letters;
  CanonicalWriter out;
  out.text(whole);
  const auto text = std::move(out).end();
  RC_ASSERT(bool(text));
  RC_ASSERT(parse_json(*text).value() == Json(whole));
  CanonicalWriter broken;
  broken.text(whole + '\xe2');
  RC_ASSERT(!std::move(broken).end());
}

TEST(Canonical, IsReadBackMemberByMember) {
  CanonicalReader in(R"({"a":"x/y","b":{"k":12,"l":true},"c":0})");
  std::string a;
  std::string name;
  std::uint64_t number = 0;
  bool yes = false;
  EXPECT_TRUE(in.open() && in.name("a") && in.text(a) && in.name("b") && in.open() && in.more());
  EXPECT_TRUE(in.any_name(name) && in.number(number) && in.name("l") && in.boolean(yes));
  EXPECT_FALSE(in.more());
  EXPECT_TRUE(in.close() && in.name("c"));
  EXPECT_EQ(a + name, "x/yk");
  EXPECT_EQ(number, 12U);
  EXPECT_TRUE(yes && in.number(number) && in.close() && in.at_end());
  EXPECT_EQ(number, 0U);
}

TEST(Canonical, TheReaderRefusesWhatItWouldMisread) {
  const auto reads = [](std::string_view doc) {
    CanonicalReader in(doc);
    std::string text;
    std::uint64_t number = 0;
    return in.open() && in.name("a") && in.text(text) && in.name("b") && in.number(number) && in.close() && in.at_end();
  };
  EXPECT_TRUE(reads(R"({"a":"plain text","b":9007199254740992})"));
  for (const char* doc :
       {"", "{", R"({"a":"\u0041","b":1})", R"({"a":"é","b":1})", R"({"a":"x","b":-1})", R"({"a":"x","b":01})",
        R"({"a":"x","b":9007199254740993})", R"({"a":"x","b":1.5})", R"({"a":"x","b":})", R"({"a":"x","b")",
        R"({"a":"x","b":1})"
        " ",
        R"({ "a":"x","b":1})", R"({"a":"x""b":1})", R"({,"a":"x","b":1})", R"({"b":1,"a":"x"})",
        "{\"a\":\"\t\",\"b\":1}"}) {
    EXPECT_FALSE(reads(doc)) << doc;
  }
}

}  // namespace
}  // namespace aright
