#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cel/parser.h"
#include "cel/program.h"

namespace aright::cel {
namespace {

Environment environment() {
  Environment out;
  out.variables = {{"event", {}},
                   {"resource", {}},
                   {"name", {Kind::text, {}}},
                   {"ports", Type::list_of({Kind::integer, {}})},
                   {"tags", Type::map_of({Kind::text, {}}, {Kind::text, {}})}};
  return out;
}

/// All mistakes as "LINE:COLUMN message [hint]", one a line.
std::string mistakes(const std::string& text, const Limits& limits = {}) {
  const auto program = compile(text, environment(), limits);
  std::string out;
  if (program) return out;
  EXPECT_FALSE(program.error().empty());
  for (const Mistake& m : program.error()) {
    out += std::to_string(m.line) + ":" + std::to_string(m.column) + " " + m.message;
    out += (m.hint.empty() ? "" : " [" + m.hint + "]") + "\n";
  }
  return out;
}

std::string type_of(const std::string& text) {
  const auto program = compile(text, environment());
  return program ? program->type().describe() : mistakes(text);
}

TEST(Compile, AllMistakesAboveSyntaxAtOnce) {
  EXPECT_EQ(
      mistakes("evnt.x == 1 &&\n  nme == 'ä' && name.startWith('a')"),
      "1:1 unknown variable `evnt` [did you mean `event`? known variables: event, name, ports, resource, tags]\n"
      "2:3 unknown variable `nme` [did you mean `name`? known variables: event, name, ports, resource, tags]\n"
      "2:22 unknown method `startWith` [did you mean `startsWith`? known methods: all, contains, containsCIDR, "
      "containsIP, endsWith, exists, exists_one, family, filter, getDate, getDayOfMonth, getDayOfWeek, "
      "getDayOfYear, getFullYear, getHours, getMilliseconds, getMinutes, getMonth, getSeconds, ip, isGlobalUnicast, "
      "isLinkLocalMulticast, isLinkLocalUnicast, isLoopback, isUnspecified, map, masked, matches, prefixLength, "
      "size, startsWith]\n");
}

TEST(Compile, AFieldThatIsThereMayBeRefused) {
  Environment with;
  with.variables = {{"steps", {}, {"look"}},
                    {"steps.look", {}, {"user", "count"}},
                    {"steps.look.user", {Kind::text, {}}, {}, "is an outsider's", "take count"}};
  EXPECT_TRUE(compile("steps.look.count == 1", with));
  const auto refused = compile("1 == 1 || steps.look.user.size() > 1", with);
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 1U);
  EXPECT_EQ(refused.error().front().message, "`steps.look.user` is an outsider's");
  EXPECT_EQ(refused.error().front().hint, "take count");
  EXPECT_EQ(refused.error().front().column, 22U);
}

TEST(Compile, FieldsMayHaveTypes) {
  const Type text{Kind::text, {}};
  Environment with;
  with.variables = {{"finding", {}, {"level", "subject", "other"}},
                    {"finding.level", text},
                    {"finding.subject", Type::map_of(text, text), {"id"}},
                    {"finding.absent", text}};
  const auto says = [&](const std::string& expression) {
    const auto program = compile(expression, with);
    return program ? program->type().describe() : program.error().front().message;
  };
  EXPECT_EQ(says("finding.level"), "string");
  EXPECT_EQ(says("finding.subject.id"), "string");
  EXPECT_EQ(says("finding.other"), "dyn");
  EXPECT_EQ(says("finding.level.x"), "a value of type string has no field `x`");
  EXPECT_EQ(says("finding.level == 3"), "string and int are never equal");
  EXPECT_EQ(says("finding.subject.path"), "`finding.subject` has no field `path`");
  EXPECT_EQ(says("finding.lvl"), "`finding` has no field `lvl`");
  EXPECT_EQ(says("finding.absent"), "string") << "not a field of the shorter one: a variable of its own";
  const auto unknown = compile("fnding", with);
  EXPECT_EQ(unknown.error().front().hint, "did you mean `finding`? known variables: finding, finding.absent");
  const Json value = {{"level", "high"}, {"subject", {{"id", "/a"}}}};
  Bindings bindings;
  bindings.view("finding", value);
  EXPECT_EQ(evaluate(*compile("finding.level + finding.subject.id", with), bindings)->as_text(), "high/a");
}

TEST(Compile, WrongTypesAreFoundWhereTheyAreKnown) {
  EXPECT_EQ(mistakes("name + 1"),
            "1:6 `+` does not take (string, int) [known: int + int, uint + uint, double + double, "
            "string + string, bytes + bytes, list + list, google.protobuf.Timestamp + "
            "google.protobuf.Duration, google.protobuf.Duration + google.protobuf.Timestamp, "
            "google.protobuf.Duration + google.protobuf.Duration]\n");
  EXPECT_EQ(mistakes("name == 5"),
            "1:6 string and int are never equal [convert one of them, as in string(x) or int(x)]\n");
  EXPECT_EQ(mistakes("5 in tags"),
            "1:3 int and string are never equal [convert one of them, as in string(x) or int(x)]\n");
  EXPECT_EQ(mistakes("'a' in name"),
            "1:5 `in` looks into a list or the keys of a map, not into string [for a part of a "
            "text: text.contains(part)]\n");
  EXPECT_EQ(mistakes("name.startsWith(5)"),
            "1:6 `startsWith` does not take (string, int) [known: "
            "string.startsWith(string)]\n");
  EXPECT_EQ(mistakes("name && true"), "1:1 each side of && is a bool, not string [compare it with something]\n");
  EXPECT_EQ(mistakes("name ? 1 : 2"), "1:1 what stands before ? is a bool, not string [compare it with something]\n");
  EXPECT_EQ(mistakes("ports['a']"), "1:7 a list is indexed by an int, not string\n");
  EXPECT_EQ(mistakes("tags[1]"), "1:6 the keys of this map are string, not int\n");
  EXPECT_EQ(mistakes("name[0]"), "1:5 a value of type string has no index\n");
  EXPECT_EQ(mistakes("ports.x"),
            "1:7 a value of type list(int) has no field `x` [take an element first, as in list[0]]\n");
  EXPECT_EQ(mistakes("name.all(x, true)"), "1:6 `all` goes through a list or the keys of a map, not string\n");
  EXPECT_EQ(mistakes("ports.all(p, p)"), "1:14 what `all` asks is a bool, not int [compare it with something]\n");
  EXPECT_EQ(mistakes("ports.filter(p, p.startsWith('x'))"),
            "1:19 `startsWith` does not take (int, string) [known: string.startsWith(string)]\n");
  EXPECT_EQ(mistakes("{1.5: 2}"), "1:2 a key of a map is a string, int, uint or bool, not double\n");
  EXPECT_EQ(mistakes("!name"), "1:1 `!` does not take (string) [known: !bool]\n");
}

TEST(Compile, WhatIsOnlyKnownLaterIsNoMistake) {
  for (const char* text : {"event.a.b == 5", "event + 1", "event.startsWith('a')", "event in event",
                           "[1, 'a'][0] == 'a'", "1 == 1.0", "1u < 2", "name == null", "[] == [1]", "event ? 1 : 'x'",
                           "ports.map(p, p * 2)[0] > 1", "tags.exists(k, k.contains('x'))", "{}.x == 1"}) {
    EXPECT_EQ(mistakes(text), "") << text;
  }
}

TEST(Compile, Calls) {
  EXPECT_EQ(mistakes("size(1, 2)"),
            "1:1 `size` does not take 2 arguments [known: size(string), size(bytes), size(list), "
            "size(map)]\n");
  EXPECT_EQ(mistakes("name.contains()"), "1:6 `contains` does not take 0 arguments [known: string.contains(string)]\n");
  EXPECT_EQ(mistakes("contains(name, 'x')"), "1:1 unknown function `contains` [known: string.contains(string)]\n");
  EXPECT_EQ(mistakes("ports.all(p)"), "1:7 unknown method `all` [write list.all(variable, expression)]\n");
  EXPECT_EQ(mistakes("ports.all(1, true)"),
            "1:11 `all` first takes the name of a variable [as in list.all(x, x > 5)]\n");
  EXPECT_EQ(mistakes("has(event)"), "1:1 `has` takes a field [as in has(event.user.name)]\n");
  EXPECT_EQ(mistakes("size == 4"),
            "1:1 unknown variable `size` [a function of this name is called with brackets: "
            "size(…)]\n");
  EXPECT_EQ(mistakes("Thing{a: 1}"),
            "1:1 unknown message type `Thing` [a map is written {\"key\": value}; of protobuf "
            "only the wrapper types are known]\n");
}

TEST(Compile, Syntax) {
  EXPECT_EQ(mistakes(""), "1:1 the text ends where a value was expected\n");
  EXPECT_EQ(mistakes("1 +"), "1:4 the text ends where a value was expected\n");
  EXPECT_EQ(mistakes("(1\n"), "2:1 the text ends where `)` was expected\n");
  EXPECT_EQ(mistakes("1 2"), "1:3 `2` stands where an operator or the end was expected\n");
  EXPECT_EQ(mistakes("a = 1"), "1:3 `=` is no operator [write == to compare]\n");
  EXPECT_EQ(mistakes("true & false"), "1:6 `&` alone is no operator [write && or ||]\n");
  EXPECT_EQ(mistakes("'abc"), "1:1 a text in quotes is not closed\n");
  EXPECT_EQ(mistakes("'ab\nc'"),
            "1:1 a text in quotes is not closed on its line [write \\n, or three quotes around]\n");
  EXPECT_EQ(mistakes("'a\\q'"), "1:3 an unknown escape [in r\"…\" a backslash is only itself]\n");
  EXPECT_EQ(mistakes("'\\ud800'"), "1:2 an escape that is no character [in r\"…\" a backslash is only itself]\n");
  EXPECT_EQ(mistakes("9223372036854775808"),
            "1:1 9223372036854775808 is more than 64 bits with a sign hold [append u for "
            "a uint, or .0 for a double]\n");
  EXPECT_EQ(mistakes("while"),
            "1:1 `while` is a word the language keeps for itself [as a field, write it after a dot]\n");
  EXPECT_EQ(mistakes("12abc"), "1:1 `12a…` is not a number [names do not begin with a digit; text stands in quotes]\n");
  EXPECT_EQ(mistakes("€"), "1:1 unexpected `€`\n");
  EXPECT_EQ(mistakes(std::string("1\0", 2)), "1:2 unexpected control character 0x00\n");
  EXPECT_EQ(mistakes("'\xff'"), "1:1 the text is not UTF-8\n");
  EXPECT_EQ(mistakes("{1: 2, 3}"), "1:9 `}` stands where `:` behind a key was expected\n");
}

TEST(Compile, HostileTextEndsInAMistake) {
  const auto repeat = [](const std::string& part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
  };
  for (const std::string& text :
       {repeat("(", 8000), repeat("[", 8000), repeat("{1:", 5000), repeat("!", 8000) + "true", repeat("-", 8000) + "n",
        repeat("f(", 8000), "1" + repeat("+1", 8000), repeat("true?1:", 2000) + "1", "event" + repeat(".a", 8000),
        "event" + repeat("[0]", 5000), repeat("[1].map(x,", 1500), repeat("a.b{c:", 2000)}) {
    const std::string seen = mistakes(text);
    EXPECT_NE(seen.find("nested deeper than 128 levels"), std::string::npos) << text.substr(0, 20) << ": " << seen;
  }
  EXPECT_NE(mistakes("true" + repeat("||true", 2800)), "");  // too long as a text
  EXPECT_NE(mistakes(repeat("1,", 9000)), "");
  EXPECT_EQ(mistakes("true" + repeat("||true", 2000)), "");  // flat, so not deep
  EXPECT_NE(mistakes("[" + repeat("1,", 8000) + "1]", {.nodes_max = 4000}).find("more than 4000 parts"),
            std::string::npos);
}

TEST(Compile, Types) {
  EXPECT_EQ(type_of("1 + 1"), "int");
  EXPECT_EQ(type_of("[1, 2]"), "list(int)");
  EXPECT_EQ(type_of("[1, 'a']"), "list(dyn)");
  EXPECT_EQ(type_of("{'a': [1.5]}"), "map(string, list(double))");
  EXPECT_EQ(type_of("ports.map(p, string(p))"), "list(string)");
  EXPECT_EQ(type_of("tags.filter(k, true) + ['x']"), "list(string)");
  EXPECT_EQ(type_of("event.a ? 1 : 2"), "int");
  EXPECT_EQ(type_of("event.a"), "dyn");
  EXPECT_EQ(type_of("tags.a"), "string");
  EXPECT_EQ(type_of("has(tags.a)"), "bool");
  EXPECT_EQ(type_of("ip('::1')"), "net.IP");
}

TEST(Compile, NamesOfAProgram) {
  const auto program = compile("event.a && (event.b || ports == [])", environment());
  ASSERT_TRUE(program);
  EXPECT_EQ(program->variables(), (std::vector<std::string>{"event", "ports"}));
  EXPECT_EQ(program->text(), "event.a && (event.b || ports == [])");
}

TEST(Compile, LongerNamesAndLoopVariablesWin) {
  Environment names;
  names.variables = {{"a", {}}, {"a.b", {}}, {"box.x", {}}, {"x", {}}};
  names.container = "box";
  Bindings bindings;
  bindings.set("a.b", Value::integer(1));
  bindings.set("box.x", Value::integer(2));
  bindings.set("x", Value::integer(3));
  const auto run = [&](const char* text) { return evaluate(*compile(text, names), bindings)->as_int(); };
  EXPECT_EQ(run("a.b"), 1);
  EXPECT_EQ(run("x"), 2);
  EXPECT_EQ(run(".x"), 3);
  EXPECT_EQ(run("[5].map(x, x + .x)[0]"), 8);
  EXPECT_EQ(run("[[7]].map(x, x.map(x, x)[0])[0]"), 7);
}

}  // namespace
}  // namespace aright::cel
