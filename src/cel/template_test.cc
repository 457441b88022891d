#include "cel/template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace aright::cel {
namespace {

class Templates : public ::testing::Test {
 protected:
  Templates() {
    environment.variables = {{"run", {}}, {"finding", {}}};
    bindings.view("run", run);
    bindings.view("finding", finding);
  }
  std::string shown(const std::string& text) {
    const auto compiled = compile_template(text, environment);
    if (!compiled) {
      std::string out;
      for (const Mistake& m : compiled.error()) {
        out += std::to_string(m.line) + ":" + std::to_string(m.column) + " " + m.message + "\n";
      }
      return out;
    }
    const auto value = evaluate(*compiled, bindings);
    if (!value) return "error: " + value.error().message;
    return to_json(*value)->dump();
  }
  const Json run = {{"id", 7}, {"tags", {"a", "b"}}};
  const Json finding = {{"subject", {{"id", "sg-1"}}}, {"open", true}};
  Environment environment;
  Bindings bindings;
};

TEST_F(Templates, AloneAValueKeepsItsType) {
  EXPECT_EQ(shown("${ run.id }"), "7");
  EXPECT_EQ(shown("${run.tags}"), R"(["a","b"])");
  EXPECT_EQ(shown("${ {'a': {'b': '}'}} }"), R"({"a":{"b":"}"}})");
  EXPECT_EQ(shown("${ '''}\"''' + r\"\\}\" }"), R"("}\"\\}")");
  EXPECT_EQ(compile_template("${ run.id == 7 }", environment)->type(), (Type{Kind::boolean, {}}));
}

TEST_F(Templates, InsideTextItBecomesText) {
  EXPECT_EQ(shown("closed SSH on ${ finding.subject.id }; run ${ run.id }"), "\"closed SSH on sg-1; run 7\"");
  EXPECT_EQ(shown(" ${ run.id }"), "\" 7\"");
  EXPECT_EQ(shown("${ run.id }${ run.tags }"), R"("7[\"a\",\"b\"]")");
  EXPECT_EQ(shown("${ finding.open } ${ null } ${ duration('90s') } ${ 0.5 }"), "\"true null 90s 0.5\"");
  EXPECT_EQ(compile_template("x ${ run.id }", environment)->type(), (Type{Kind::text, {}}));
}

TEST_F(Templates, PlainTextIsItself) {
  for (const char* text : {"", "plain", "$", "$x {y}", "5 $", "}", "$$"}) {
    EXPECT_EQ(shown(text), Json(text).dump());
    EXPECT_TRUE(compile_template(text, environment)->is_plain());
  }
  EXPECT_EQ(shown("$${ run.id } costs $$${ x }"), R"("${ run.id } costs $${ x }")");
}

TEST_F(Templates, MistakesStandWhereTheyAreInTheWholeText) {
  EXPECT_EQ(shown("ä ${ rn.id } and\n ${ run.id + } x"),
            "1:6 unknown variable `rn`\n2:14 `}` stands where a value was expected\n");
  EXPECT_EQ(shown("${ run.id"), "1:10 the text ends where an operator or `}` was expected\n");
  EXPECT_EQ(shown("${ }"), "1:4 `}` stands where a value was expected\n");
  EXPECT_EQ(shown("${ '} }"), "1:4 a text in quotes is not closed\n");
  EXPECT_EQ(shown("x ${ run.none }"), "error: no such key: none (line 1, column 10)");
}

TEST_F(Templates, AResultIsNeverReadAgain) {
  const Json hostile = {{"subject", {{"id", "${ run.id }"}}}};
  bindings.view("finding", hostile);
  EXPECT_EQ(shown("on ${ finding.subject.id }"), R"("on ${ run.id }")");
}

TEST_F(Templates, TheTextHasALimit) {
  const Json large = {{"id", std::string(600'000, 'x')}};
  bindings.view("run", large);
  EXPECT_EQ(shown("${ run.id }${ run.id }").substr(0, 6), "error:");
}

}  // namespace
}  // namespace aright::cel
