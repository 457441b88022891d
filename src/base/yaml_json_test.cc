#include "base/yaml_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::yaml {
namespace {

TEST(YamlJson, HasTheValuesOfTheCoreSchema) {
  Diagnostics out;
  const auto node = parse("{ a: 1, b: -2.5, c: true, d: text, e: \"1\", f: ~, g: [x, { h: [] }] }", "f", out);
  ASSERT_TRUE(node);
  const Json expected{{"a", 1},
                      {"b", -2.5},
                      {"c", true},
                      {"d", "text"},
                      {"e", "1"},
                      {"f", nullptr},
                      {"g", {"x", {{"h", Json::array()}}}}};
  EXPECT_EQ(json_of(*node, out), expected);
  EXPECT_TRUE(out.empty());
}

TEST(YamlJson, ABooleanHasSeveralSpellings) {
  Diagnostics out;
  const auto node = parse("[true, True, TRUE, false, False, FALSE, \"True\", tRUE, yes]", "f", out);
  ASSERT_TRUE(node);
  EXPECT_EQ(json_of(*node, out), (Json{true, true, true, false, false, false, "True", "tRUE", "yes"}));
  EXPECT_TRUE(out.empty());
}

TEST(YamlFields, TakeABooleanHoweverItIsSpelt) {
  Diagnostics out;
  const auto node = parse("{ a: True, b: FALSE, c: \"True\" }", "f", out);
  ASSERT_TRUE(node);
  Fields in(*node, "f", out);
  EXPECT_EQ(in.boolean("a"), true);
  EXPECT_EQ(in.boolean("b"), false);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(in.boolean("c"), std::nullopt) << "in quotes it is a text";
  EXPECT_EQ(out.size(), 1U);
}

TEST(YamlJson, SaysWhereANumberIsNone) {
  Diagnostics out;
  const auto node = parse("a:\n  - 0x10\n", "f", out);
  ASSERT_TRUE(node);
  EXPECT_EQ(json_of(*node, out), (Json{{"a", {nullptr}}}));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out.front().at.line, 2U);
}

}  // namespace
}  // namespace aright::yaml
