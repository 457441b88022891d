// Conditions: what they mean, by truth table, and where they are wrong.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "detect/sigma/rig_test.h"

namespace aright::detect::sigma {
namespace {

/// Searches a, b, c, sel_1, sel_2, _h are each true when the event has a field of that name.
std::string with(const std::string& condition) {
  std::string text;
  for (const char* name : {"a", "b", "c", "sel_1", "sel_2", "_h"}) {
    text += std::string("  ") + name + ": {" + name + "|exists: true}\n";
  }
  return rule_text(text + "  condition: " + condition + "\n");
}

bool holds(const Rule& rule, const std::vector<std::string>& names) {
  Json body = Json::object();
  for (const std::string& name : names) body[name] = 1;
  return match(rule, Event(body, {})).has_value();
}

TEST(SigmaCondition, Meanings) {
  using Names = std::vector<std::string>;
  struct Case {
    std::string condition;
    std::vector<Names> holds;
    std::vector<Names> fails;
  };
  const std::vector<Case> table{
      {"a", {{"a"}, {"a", "b"}}, {{}, {"b"}}},
      {"a and b", {{"a", "b"}}, {{"a"}, {"b"}, {}}},
      {"a or b", {{"a"}, {"b"}, {"a", "b"}}, {{}, {"c"}}},
      {"not a", {{}, {"b"}}, {{"a"}}},
      {"not not a", {{"a"}}, {{}}},
      {"a and b or c", {{"a", "b"}, {"c"}}, {{"a"}, {"b"}}},
      {"c or a and b", {{"a", "b"}, {"c"}}, {{"a"}, {"b"}}},
      {"(a or b) and c", {{"a", "c"}, {"b", "c"}}, {{"a", "b"}, {"c"}}},
      {"not a and b", {{"b"}}, {{"a", "b"}, {}}},
      {"not (a and b)", {{"a"}, {}}, {{"a", "b"}}},
      {"a and not 1 of sel_*", {{"a"}}, {{"a", "sel_1"}, {"a", "sel_2"}}},
      {"1 of sel_*", {{"sel_1"}, {"sel_2"}}, {{}, {"a"}}},
      {"any of sel_*", {{"sel_1"}, {"sel_2"}}, {{}, {"a"}}},
      {"all of sel_*", {{"sel_1", "sel_2"}}, {{"sel_1"}, {"sel_2"}}},
      {"not all of sel_*", {{"sel_1"}, {}}, {{"sel_1", "sel_2"}}},
      {"1 of them", {{"a"}, {"sel_2"}}, {{}, {"_h"}}},
      {"all of them", {{"a", "b", "c", "sel_1", "sel_2"}}, {{"a", "b", "c", "sel_1", "_h"}}},
      {"1 of _*", {{"_h"}}, {{"a"}}},
      {"1 of *_1", {{"sel_1"}}, {{"sel_2"}}},
      {"1 of s*2", {{"sel_2"}}, {{"sel_1"}}},
      {"1 of a", {{"a"}}, {{"b"}}},
      {"2 of them", {{"a", "b"}, {"c", "sel_1", "a"}}, {{"a"}, {"a", "_h"}}},
      {"1 of sel_* and a", {{"sel_1", "a"}}, {{"sel_1"}, {"a"}}},
      {"1 of sel_* or a", {{"sel_1"}, {"a"}}, {{}}},
      {"A AND B", {}, {}},
      {"a AND NOT b OR c", {{"a"}, {"c"}}, {{"a", "b"}}},
      {"1 OF THEM", {{"a"}}, {{}}},
      {"[a, b and c]", {{"a"}, {"b", "c"}}, {{"b"}, {"c"}}},
      {"'a and(b)'", {{"a", "b"}}, {{"a"}}},
      {"_h", {{"_h"}}, {{"a"}}},
  };
  for (const Case& c : table) {
    if (c.holds.empty()) continue;
    const Rule rule = rule_of(with(c.condition));
    for (const Names& names : c.holds) EXPECT_TRUE(holds(rule, names)) << c.condition << testing::PrintToString(names);
    for (const Names& names : c.fails) EXPECT_FALSE(holds(rule, names)) << c.condition << testing::PrintToString(names);
  }
}

TEST(SigmaCondition, MistakesWithTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"x", "there is no search identifier `x`\n  --> r.yml:11:14\nhint: known identifiers: a, b"},
      {"A", "there is no search identifier `A`"},
      {"a and x", "there is no search identifier `x`\n  --> r.yml:11:20"},
      {"a and sel_3", "hint: did you mean `sel_1`?"},
      {"a b", "the condition should be over before `b`\n  --> r.yml:11:16"},
      {"a and", "ends where a search identifier should stand\n  --> r.yml:11:19"},
      {"and a", "a search identifier should stand before `and`"},
      {"a and or b", "a search identifier should stand before `or`"},
      {"not", "ends where a search identifier should stand"},
      {"(a", "a closing parenthesis is missing here"},
      {"a)", "should be over before `)`"},
      {"()", "a search identifier should stand before `)`"},
      {"1 of x*", "`x*` fits no search identifier\n  --> r.yml:11:19"},
      {"1 of", "`of` needs `them` or a pattern"},
      {"all of (a)", "`of` needs `them` or a pattern"},
      {"some of them", "not `some`"},
      {"0 of them", "`0 of` is always true"},
      {"9 of them", "only 5 search identifiers fit `them`"},
      {"a | count() > 5",
       "counting in the condition (`| count()`, `near`) is the old form and not supported\n"
       "  --> r.yml:11:16\nhint: write a second document with `correlation:`"},
      {"a |count(b) by c > 5", "old form"},
      {"a|count() > 5", "old form"},
      {"a near b", "old form"},
  };
  for (const auto& [condition, part] : table) {
    const std::string said = said_of(with(condition));
    EXPECT_NE(said.find(part), std::string::npos) << condition << "\nsaid: " << said;
  }
  // Where the place inside the text is not sure, it is the beginning of the text.
  EXPECT_NE(said_of(with(R"("a and \x78")")).find("r.yml:11:14"), std::string::npos);
  EXPECT_NE(said_of(with(">\n    a and\n    x")).find("r.yml:11:14"), std::string::npos);
}

TEST(SigmaCondition, DepthHasALimit) {
  const auto alone = [](const std::string& condition) {
    return rule_text("  a: {F: 1}\n  condition: " + condition + "\n");
  };
  const auto deep = [&](std::size_t depth) { return alone(std::string(depth, '(') + "a" + std::string(depth, ')')); };
  EXPECT_EQ(said_of(deep(63)), "");
  EXPECT_NE(said_of(deep(64)).find("nested deeper than 64 levels"), std::string::npos);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "not ";
  EXPECT_NE(said_of(with(many + "a")).find("nested deeper than 64 levels"), std::string::npos);
  std::string wide = "a";
  for (int i = 0; i < 10'000; ++i) wide += " or a";
  EXPECT_EQ(said_of(alone(wide)), "");
}

TEST(SigmaCondition, ASearchThatNoneUsesIsTold) {
  const std::string searches = "  a: {F: 1}\n  b: {F: 2}\n  _c: {F: 3}\n";
  EXPECT_EQ(said_of(rule_text(searches + "  condition: a and not 1 of _*\n")),
            "warning: no condition uses the search identifier `b`, so it changes nothing\n  --> r.yml:6:3\n"
            "hint: name it in `condition`, or take it away\n");
  EXPECT_NE(said_of(rule_text(searches + "  condition: all of them\n")).find("`_c`"), std::string::npos);
  EXPECT_EQ(said_of(rule_text(searches + "  condition: [a or b, _c]\n")), "");
  const std::string wrong = said_of(rule_text(searches + "  condition: a and d\n"));
  EXPECT_EQ(wrong.find("warning"), std::string::npos) << "the mistake comes first\n" << wrong;
}

}  // namespace
}  // namespace aright::detect::sigma
