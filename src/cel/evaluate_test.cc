#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cel/program.h"

namespace aright::cel {
namespace {

/// An event as CloudTrail writes it, a resource as a driver reads it, and some constants.
class Expressions : public ::testing::Test {
 protected:
  Expressions() {
    environment.variables = {
        {"event", {}}, {"resource", {}}, {"n", {Kind::integer, {}}}, {"now", {Kind::timestamp, {}}}};
    bindings.view("event", event);
    bindings.view("resource", resource);
    bindings.set("n", Value::integer(7));
    bindings.set("now", Value::timestamp(*parse_instant("2026-01-31T10:20:30.5Z")));
  }
  Result<Value> run(const std::string& text) {
    const auto program = compile(text, environment, limits);
    if (!program) return fail(Errc::invalid, "mistake: " + program.error()[0].message);
    return evaluate(*program, bindings);
  }
  /// The result as JSON text, or "error: …".
  std::string shown(const std::string& text) {
    const auto value = run(text);
    if (!value) return "error: " + value.error().message;
    const auto json = to_json(*value);
    return json ? json->dump() : "no JSON: " + json.error().message;
  }
  Errc code(const std::string& text) {
    const auto value = run(text);
    EXPECT_FALSE(value) << text;
    return value ? Errc::corrupt : value.error().code;
  }

  const Json event = Json::parse(R"({"eventName": "X", "user": {"name": "ann", "groups": ["a", "b"]}, "n": 5,
    "big": 18446744073709551615, "low": -3, "ratio": 0.5, "nothing": null, "content-type": "text/plain"})");
  const Json resource = Json::parse(R"({"mode": "0600", "ingress": [
    {"world": true, "from_port": 22, "to_port": 22}, {"world": false, "from_port": 22, "to_port": 22},
    {"world": true, "from_port": 0, "to_port": 65535}, {"world": true, "from_port": 443, "to_port": 443}]})");
  Environment environment;
  Limits limits;
  Bindings bindings;
};

TEST_F(Expressions, WhatUsersWrite) {
  EXPECT_EQ(shown(R"(event.eventName == "X")"), "true");
  EXPECT_EQ(shown(R"(resource.mode != "0644")"), "true");
  const auto closed = run("resource.ingress.filter(r, !(r.world && r.from_port <= 22 && 22 <= r.to_port))");
  ASSERT_TRUE(closed);
  EXPECT_EQ(*to_json(*closed), Json::parse(R"([{"world": false, "from_port": 22, "to_port": 22},
                                               {"world": true, "from_port": 443, "to_port": 443}])"));
  EXPECT_EQ(shown("resource.ingress.exists(r, r.world && r.to_port == 65535) ? 'open' : 'closed'"), "\"open\"");
  EXPECT_EQ(shown("now - duration('1h') < now && now.getHours() == 10"), "true");
}

TEST_F(Expressions, NumbersOfJsonHaveTheTypesOfTheLanguage) {
  EXPECT_EQ(shown("type(event.n) == int && type(event.low) == int"), "true");
  EXPECT_EQ(shown("type(event.big) == uint && event.big == 18446744073709551615u"), "true");
  EXPECT_EQ(shown("type(event.ratio) == double"), "true");
  EXPECT_EQ(shown("event.n + 1"), "6");
  EXPECT_EQ(shown("type(event.nothing) == null_type && event.nothing == null"), "true");
}

TEST_F(Expressions, AbsentFieldsAreErrorsThatLogicAbsorbs) {
  EXPECT_EQ(shown("event.usr.name"), "error: no such key: usr (line 1, column 7)");
  EXPECT_EQ(code("event.usr.name == 'ann'"), Errc::not_found);
  EXPECT_EQ(shown("event.usr.name == 'ann' || event.n == 5"), "true");
  EXPECT_EQ(shown("event.n == 5 || event.usr.name == 'ann'"), "true");
  EXPECT_EQ(shown("event.usr.name == 'ann' && event.n == 6"), "false");
  EXPECT_EQ(code("event.usr.name == 'ann' && event.n == 5"), Errc::not_found);
  EXPECT_EQ(shown("has(event.usr) ? 1 : 2"), "2");
  EXPECT_EQ(shown("has(event.user.name) && 'b' in event.user.groups && 'n' in event"), "true");
  EXPECT_EQ(shown("event.`content-type` + event['content-type'][dyn(0)]"),
            "error: a value of type string has no index (line 1, column 45)");
  EXPECT_EQ(code("event.user.groups[2]"), Errc::not_found);
  EXPECT_EQ(code("event.nothing.x"), Errc::invalid);
  EXPECT_EQ(shown("[1, 2].all(x, event.usr == x) || true"), "true");
}

TEST_F(Expressions, InARawTextABackslashIsOneAlsoAtItsEnd) {
  EXPECT_EQ(shown(R"-(r"C:\")-"), R"-("C:\\")-");
  EXPECT_EQ(shown(R"-(size(r"C:\") + size(R'\\'))-"), "5");
  EXPECT_EQ(shown(R"-(r"C:\" + 'x')-"), R"-("C:\\x")-");
  EXPECT_EQ(shown(R"-(size(rb"C:\") + size(br'\'))-"), "4");
  EXPECT_EQ(shown(R"-(r'''a\''' + r"""b"\""")-"), R"-("a\\b\"\\")-");
  EXPECT_EQ(shown(R"-(r'a\'b')-"), "error: mistake: a text in quotes is not closed");
}

TEST_F(Expressions, PositionsOfErrorsAreLinesAndCodePoints) {
  EXPECT_EQ(shown("'ä' == 'ö' ||\n  'ä' + event.usr == ''"), "error: no such key: usr (line 2, column 15)");
  EXPECT_EQ(shown("1 +\n (2 / (n - 7))"), "error: division by zero (line 2, column 5)");
}

TEST_F(Expressions, BoundKindsMustBeTheDeclaredOnes) {
  bindings.set("n", Value::text("7"));
  EXPECT_EQ(shown("n + 1"), "error: the variable `n` is declared as int, not string");
  const auto program = compile("n == 1 || true", environment);
  ASSERT_TRUE(program);
  EXPECT_TRUE(*holds(*program, Bindings()));
  EXPECT_EQ(holds(*compile("dyn(1)", environment), bindings).error().message, "a condition is a bool, not int");
}

TEST_F(Expressions, OneProgramServesManyThreads) {
  const auto program = compile("event.user.groups.exists(g, g.matches('^b$')) && event.n + n == 12", environment);
  ASSERT_TRUE(program);
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) right += holds(*program, bindings).value_or(false) ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(right, 1600);
}

TEST_F(Expressions, SharedJsonOutlivesItsBinding) {
  const auto program = compile("event.user.groups", environment);
  ASSERT_TRUE(program);
  Result<Value> value = fail(Errc::invalid, "");
  {
    Bindings own;
    own.set("event", Value::share(std::make_shared<const Json>(event)));
    value = evaluate(*program, own);
  }
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value)->dump(), R"(["a","b"])");
}

TEST_F(Expressions, NothingIsCopiedOnTheWay) {
  const auto value = run("event.user.name");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_text().data(), event["user"]["name"].get_ref<const std::string&>().data());
}

TEST_F(Expressions, CostsHaveALimitNothingAbsorbs) {
  limits.cost_max = 1000;
  const std::string ten = "[0,1,2,3,4,5,6,7,8,9]";
  const std::string loops = ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, a + b + c >= 0)))";
  EXPECT_EQ(code(loops), Errc::denied);
  EXPECT_EQ(code(loops + " || true"), Errc::denied);
  EXPECT_EQ(code("false && " + loops + " || " + loops), Errc::denied);
  EXPECT_NE(shown(loops).find("costs more than 1000 units"), std::string::npos);
  limits.cost_max = 100'000;
  EXPECT_EQ(shown(loops), "true");
}

TEST_F(Expressions, GrowthIsPaidFor) {
  // Each map doubles; without a meter these would need 2^60 elements, bytes, comparisons.
  std::string lists = "[1]";
  std::string texts = "['x']";
  std::string nested = "[1]";
  for (int i = 0; i < 60; ++i) {
    lists = "[" + lists + "].map(x, x + x)[0]";
    texts = texts + ".map(x, x + x)";
    nested = nested + ".map(x, [x, x])";
  }
  limits.depth_max = 400;
  EXPECT_EQ(code(lists + ".size()"), Errc::denied);
  EXPECT_EQ(code(texts + "[0].size()"), Errc::denied);
  EXPECT_EQ(code(nested + " == " + nested), Errc::denied);
  const auto value = run(nested);  // small, because its parts are shared
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value).error().code, Errc::denied);
  EXPECT_EQ(to_text(*value).error().code, Errc::denied);
}

TEST_F(Expressions, RegularExpressionsHaveLimits) {
  EXPECT_EQ(shown("event.user.name.matches('^a+n+$')"), "true");
  EXPECT_EQ(shown("matches(event.user.name, 'N')"), "false");
  EXPECT_EQ(shown("'x'.matches('(')"), "error: mistake: the regular expression \"(\" is wrong: missing ): (");
  EXPECT_EQ(code("'x'.matches('(' + '')"), Errc::invalid);
  EXPECT_NE(shown("'x'.matches('((a{1000}){1000}){1000}')").find("is wrong"), std::string::npos);
  EXPECT_NE(shown("'x'.matches('" + std::string(1025, 'a') + "')").find("more than 1024 bytes"), std::string::npos);
  EXPECT_EQ(code("'x'.matches('" + std::string(1025, 'a') + "' + '')"), Errc::denied);
  std::string many = "true";
  for (int i = 0; i < 65; ++i) many += " || 'x'.matches('y')";
  EXPECT_EQ(shown(many), "error: mistake: more than 64 regular expressions and time zones in one expression");
  EXPECT_EQ(code("[1, 2, 3, 4, 5].map(x, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].exists(y, 'x'.matches('" +
                 std::string(1010, 'a') + "a{1000}' + '')))"),
            Errc::denied);
  const std::string thousand = "['" + std::string(1000, 'a') + "'].map(x, x+x+x+x+x+x+x+x).map(x, x+x+x+x+x+x+x+x)[0]";
  EXPECT_EQ(code(thousand + ".matches('(a?){200}a{200}b')"), Errc::denied);
}

TEST_F(Expressions, ValuesAsJson) {
  EXPECT_EQ(shown("{'a': b'\\xff', 1: now, true: duration('1.5s'), 'l': [ip('::1'), cidr('10.0.0.0/8'), int]}"),
            R"({"1":"2026-01-31T10:20:30.5Z","a":"/w==","l":["::1","10.0.0.0/8","int"],"true":"1.5s"})");
  EXPECT_EQ(shown("{'1': 0, 1: 0}"), "no JSON: two keys of a map both become \"1\" in JSON");
  EXPECT_EQ(shown("1.0 / 0.0"), "no JSON: Infinity has no place in JSON");
  EXPECT_EQ(shown("{1: 0, 1u: 0}"), "error: the key 1 is written twice in one map (line 1, column 1)");
}

TEST_F(Expressions, TimeZones) {
  EXPECT_EQ(shown("now.getHours('+02:30')"), "12");
  EXPECT_EQ(shown("now.getHours('Europe/Berlin')"), "11") << "the system's own";
  EXPECT_EQ(shown("now.getHours('Europe/Brelin')"),
            "error: mistake: no time zone \"Europe/Brelin\" in /usr/share/zoneinfo");
  EXPECT_EQ(code("now.getHours('Europe/' + 'Berlin')"), Errc::invalid);
  EXPECT_EQ(shown("now.getHours('+0' + '1:00')"), "11");
}

}  // namespace
}  // namespace aright::cel
