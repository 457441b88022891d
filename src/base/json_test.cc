// What is read as JSON and what is not, and the bytes a record is written as.
#include "base/json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json_quick.h"

namespace aright {
namespace {

using namespace std::string_literals;

struct Refused {
  std::string text;
  std::string why;  ///< part of the message
};

TEST(ParseJson, RefusesByTable) {
  const std::vector<Refused> table{
      {"", "not JSON"},
      {" ", "not JSON"},
      {"{", "not JSON"},
      {"[1,]", "not JSON"},
      {R"({"a":1,})", "not JSON"},
      {"{a:1}", "not JSON"},
      {"'a'", "not JSON"},
      {"01", "not JSON"},
      {"+1", "not JSON"},
      {"1.", "not JSON"},
      {".5", "not JSON"},
      {"NaN", "not JSON"},
      {"Infinity", "not JSON"},
      {"0x10", "not JSON"},
      {"1e999", "a number beyond 64-bit floating point, which ends at byte 5"},
      {"tru", "not JSON"},
      {"True", "not JSON"},
      {"/* c */ 1", "not JSON"},
      {"1 // c", "not JSON"},
      {"{} x", "not JSON"},
      {"1 2", "not JSON"},
      {"{}\0"s, "not JSON: a NUL byte at byte 3"},
      {"{}\0{"s, "not JSON: a NUL byte at byte 3"},
      {"\0"s, "not JSON"},
      {"\xEF\xBB\xBFx", "not JSON"},
      {"\"a\nb\"", "not JSON"},
      {"\"a\tb\"", "not JSON"},
      {"\"\0\""s, "not JSON"},
      {R"("\x41")", "not JSON"},
      {R"("\u12")", "not JSON"},
      {R"("\ud800")", "not JSON"},
      {R"("\udc00\ud800")", "not JSON"},
      {R"("\ud800\u0041")", "not JSON"},
      {"\"\xFF\"", "not JSON"},
      {"\"\xC0\x80\"", "not JSON"},
      {"\"\xED\xA0\x80\"", "not JSON"},
      {"\"\xF4\x90\x80\x80\"", "not JSON"},
      {"\"\xC3", "not JSON"},
      {R"({"x":1e400})", "not accepted as JSON: a number beyond 64-bit floating point, which ends at byte 10"},
      {R"([-1e999])", "not accepted as JSON: a number beyond"},
      {R"({"a":1,"a":1})", "key \"a\" is written twice"},
      {R"({"a":1,"\u0061":2})", "written twice"},
      {R"({"\/":1,"/":2})", "written twice"},
      {R"({"😀":1,"\ud83d\ude00":2})", "written twice"},
      {R"({"":1,"":2})", "written twice"},
      {R"([[{"b":{"a":1,"c":{},"a":2}}]])", "key \"a\" is written twice"},
      {R"({"a":{"a":1},"b":1,"a":2})", "key \"a\" is written twice"},
      {std::string(65, '[') + std::string(65, ']'), "64 levels"},
      {std::string(1'000'000, '['), "64 levels"},
      {R"({"a":)" + std::string(64, '[') + std::string(64, ']') + "}", "64 levels"},
  };
  for (const auto& [text, why] : table) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed) << text.substr(0, 80);
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << text.substr(0, 80) << parsed.error().message;
  }
}

TEST(ParseJson, ReadsWhatIsJson) {
  EXPECT_EQ(*parse_json(" \t\r\n{ \"a\" : [ 1 , true , null ] } \n"), (Json{{"a", {1, true, nullptr}}}));
  EXPECT_EQ(*parse_json(R"("\u0041\n\/\ud83d\ude00")"), Json("A\n/😀"));
  EXPECT_EQ(*parse_json(R"("\u0000")"), Json("\0"s));
  EXPECT_EQ(*parse_json("1.5"), Json(1.5));  // events have them; records do not
  EXPECT_EQ(*parse_json("-0"), Json(0));
  EXPECT_EQ(*parse_json("18446744073709551615"), Json(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));  // the same key in another object
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_TRUE(parse_json(R"({"a":)" + std::string(63, '[') + std::string(63, ']') + "}"));
  EXPECT_TRUE(parse_json("[" + std::string(63, '[') + std::string(63, ']') + "," + std::string(63, '[') +
                         std::string(63, ']') + "]"));
}

// What we write around what an outsider nested as deep as he may is still read again, by either reader.
TEST(ParseOwnJson, GoesTwiceAsDeepAndIsAsStrictOtherwise) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  const std::string event = nested(json_depth_max);
  ASSERT_TRUE(parse_json(event));
  EXPECT_FALSE(parse_json("[" + event + "]"));
  const std::string long_text = '"' + std::string(100'000, 'a') + '"';  // which the quick reader leaves to the other
  EXPECT_TRUE(parse_own_json("[" + event + "]"));
  EXPECT_TRUE(parse_own_json("[" + event + "," + long_text + "]"));
  EXPECT_TRUE(parse_own_json(nested(own_json_depth_max)));
  const auto deeper = parse_own_json(nested(own_json_depth_max + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().message, "not accepted as JSON: nested deeper than 128 levels");
  EXPECT_FALSE(parse_own_json(R"({"a":1,"a":1})"));
}

TEST(CanonicalJson, WritesByTable) {
  constexpr std::int64_t largest = 1LL << 53;
  const std::vector<std::pair<Json, std::string>> table{
      {nullptr, "null"},
      {true, "true"},
      {false, "false"},
      {0, "0"},
      {-1, "-1"},
      {largest, "9007199254740992"},
      {-largest, "-9007199254740992"},
      {std::uint64_t{1} << 53U, "9007199254740992"},
      {"", "\"\""},
      {"/", "\"/\""},
      {"\x7f", "\"\x7f\""},
      {"ä€😀", "\"ä€😀\""},
      {"\u2028", "\"\u2028\""},
      {"\b\t\n\f\r\"\\", R"("\b\t\n\f\r\"\\")"},
      {"\0\x01\x0b\x1f"s, R"("\u0000\u0001\u000b\u001f")"},
      {Json::array(), "[]"},
      {Json::object(), "{}"},
      {Json::array({1, Json::array(), "a"}), R"([1,[],"a"])"},
      {Json{{"b", 1}, {"a", {{"d", 1}, {"c", 2}}}}, R"({"a":{"c":2,"d":1},"b":1})"},
      {Json{{"aa", 1}, {"a", 2}, {"A", 3}, {"", 4}, {"10", 5}, {"9", 6}}, R"({"":4,"10":5,"9":6,"A":3,"a":2,"aa":1})"},
      // RFC 8785 §3.2.3, without the key beyond U+FFFF.
      {Json{{"\u20ac", "Euro Sign"},
            {"\r", "Carriage Return"},
            {"\ufb33", "Hebrew Letter Dalet With Dagesh"},
            {"1", "One"},
            {"\u0080", "Control"},
            {"\u00f6", "Latin Small Letter O With Diaeresis"}},
       "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With "
       "Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
  };
  for (const auto& [value, bytes] : table) {
    const auto text = canonical_json(value);
    ASSERT_TRUE(text) << bytes << text.error().message;
    EXPECT_EQ(*text, bytes);
  }
}

TEST(CanonicalJson, RefusesWhatHasNoPlaceInARecord) {
  constexpr std::int64_t beyond = (1LL << 53) + 1;
  for (const Json& value :
       {Json(1.5), Json(0.0), Json(-0.0), Json(1e300), Json(std::numeric_limits<double>::quiet_NaN()), Json(beyond),
        Json(-beyond), Json(std::numeric_limits<std::int64_t>::min()), Json(std::numeric_limits<std::uint64_t>::max()),
        Json("\xC3"), Json("\xED\xA0\x80"), Json::binary({1, 2})}) {
    for (const Json& around : {value, Json::array({1, value}), Json{{"a", 1}, {"b", value}}}) {
      const auto text = canonical_json(around);
      ASSERT_FALSE(text) << *text;
      EXPECT_EQ(text.error().code, Errc::invalid);
    }
  }
  EXPECT_FALSE(canonical_json(Json{{"\xFF", 1}}));
  EXPECT_NE(canonical_json(Json(beyond)).error().message.find("9007199254740993"), std::string::npos);
}

std::string any_text() {
  std::string text;
  for (int left = *rc::gen::inRange(0, 6); left > 0; --left) {
    text += *rc::gen::elementOf(std::vector<std::string>{"a", "b", "\"", "\\", "/", "\n", "\x01", "\x7f", "ä", "€",
                                                         "😀", "\0"s, "\u2028", "\xEF\xBF\xBF"});
  }
  return text;
}

Json any_value(int depth) {
  switch (*rc::gen::inRange(0, depth == 0 ? 4 : 6)) {
    case 0: return nullptr;
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::inRange<std::int64_t>(-(1LL << 53), (1LL << 53) + 1);
    case 3: return any_text();
    case 4: {
      Json list = Json::array();
      for (int left = *rc::gen::inRange(0, 4); left > 0; --left) list.push_back(any_value(depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (int left = *rc::gen::inRange(0, 4); left > 0; --left) object[any_text()] = any_value(depth - 1);
      return object;
    }
  }
}

RC_GTEST_PROP(CanonicalJson, IsReadAgainAsTheSameAndHasOneForm, ()) {
  const Json value = any_value(4);
  const auto bytes = canonical_json(value);
  RC_ASSERT(bytes.has_value());
  const auto again = parse_json(*bytes);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == value);
  RC_ASSERT(*canonical_json(*again) == *bytes);
  const auto spaced = parse_json(value.dump(3, ' ', true));  // other spaces, everything escaped: the same bytes
  RC_ASSERT(spaced.has_value());
  RC_ASSERT(*canonical_json(*spaced) == *bytes);
}

RC_GTEST_PROP(ParseJson, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  const auto parsed = parse_json(bytes);
  const bool read_or_refused = parsed.has_value() || parsed.error().code == Errc::invalid;
  RC_ASSERT(read_or_refused);  // the macro takes `||` apart and would look at both sides
}

/// One value and kind of number, as far as anybody could tell them apart.
bool alike(const Json& a, const Json& b) { return Json::to_cbor(a) == Json::to_cbor(b); }

/// JSON with one byte changed, one put in, or cut off somewhere: much of it is JSON still.
std::string nearly_json() {
  std::string text = any_value(4).dump(*rc::gen::inRange(-1, 3), ' ', *rc::gen::arbitrary<bool>());
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  const char byte = *rc::gen::elementOf(std::string("\"\\{}[],:0123456789.-+eEu \n\0\x7f\xc3\xed\xff/ntf", 36));
  switch (*rc::gen::inRange(0, 4)) {
    case 0: text[at] = byte; break;
    case 1: text.insert(at, 1, byte); break;
    case 2: text.resize(at); break;
    default: break;
  }
  return text;
}

RC_GTEST_PROP(ParseJson, BothReadersReadTheSame, ()) {
  const std::string text = nearly_json();
  const auto quick = parse_quickly(text, json_depth_max);
  const auto strict = parse_strictly(text, json_depth_max);
  const bool same = !quick || (strict.has_value() && alike(*quick, *strict));
  RC_ASSERT(same);
}

TEST(ParseJson, BothReadersReadTheSameByTable) {
  for (const std::string text : {"0",
                                 "-0",
                                 "-0.0",
                                 "1",
                                 "-1",
                                 "9007199254740993",
                                 "9223372036854775807",
                                 "9223372036854775808",
                                 "18446744073709551615",
                                 "-9223372036854775808",
                                 "1e0",
                                 "1E+2",
                                 "0.1",
                                 "1.7976931348623157e308",
                                 "5e-324",
                                 "123456789012345678901234567890e-10",
                                 R"("\u0000")",
                                 R"("\ud83d\ude00")",
                                 "[]",
                                 "{}",
                                 "true",
                                 "null",
                                 " [1] ",
                                 R"({"b":1,"a":{"b":[]},"":2})"}) {
    const auto quick = parse_quickly(text, json_depth_max);
    ASSERT_TRUE(quick) << text;
    EXPECT_TRUE(alike(*quick, *parse_strictly(text, json_depth_max))) << text;
  }
  EXPECT_FALSE(
      parse_quickly("18446744073709551616", json_depth_max));  // it has no word for these; the other reads them
  EXPECT_EQ(*parse_json("18446744073709551616"), Json(18446744073709551616.0));
  EXPECT_FALSE(parse_quickly('"' + std::string(1'000'000, 'a') + '"', json_depth_max));
  EXPECT_EQ(*parse_json('"' + std::string(1'000'000, 'a') + '"'), Json(std::string(1'000'000, 'a')));
}

}  // namespace
TEST(Json, AFieldOfAnotherKindIsNone) {
  const Json object{{"text", "a"}, {"number", 7U}, {"below", -1}};
  EXPECT_EQ(text_in(object, "text"), "a");
  EXPECT_EQ(text_in(object, "number"), "");
  EXPECT_EQ(text_in(object, "absent"), "");
  EXPECT_EQ(text_in(Json::array(), "text"), "");
  EXPECT_EQ(number_in(object, "number"), 7);
  EXPECT_EQ(number_in(object, "text"), 0);
  EXPECT_EQ(number_in(object, "below"), 0);
  EXPECT_EQ(number_in(object, "absent"), 0);
}

}  // namespace aright
