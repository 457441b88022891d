// Each byte of a scalar is found again in the file, however YAML writes it.
#include "base/yaml_places.h"

#include <gtest/gtest.h>

#include <string>

#include "base/yaml.h"

namespace aright::yaml {
namespace {

/// Where `word` of the scalar under key `a` stands, "line:column".
std::string place(const std::string& text, const std::string& word) {
  Diagnostics out;
  const auto root = parse(text, "f", out);
  if (!root || !out.empty()) return "no YAML";
  const Node* node = root->find("a");
  const Position at = node->place_of(node->scalar.find(word));
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST(YamlPlaces, OfEveryWayToWriteAText) {
  EXPECT_EQ(place("a: one two\n", "two"), "1:8");
  EXPECT_EQ(place("a: ö two\n", "two"), "1:6") << "columns count characters";
  EXPECT_EQ(place("a: 'one two'\n", "two"), "1:9");
  EXPECT_EQ(place("a: 'it''s two'\n", "two"), "1:11");
  EXPECT_EQ(place("a: \"one two\"\n", "two"), "1:9");
  EXPECT_EQ(place("a: \"\\\"one\\\" \\u00e4 two\"\n", "two"), "1:20");
  EXPECT_EQ(place("a: one\n  two\n", "two"), "2:3");
  EXPECT_EQ(place("a: \"one\n  two\"\n", "two"), "2:3");
  EXPECT_EQ(place("a: \"one \\\n  two\"\n", "two"), "2:3");
  EXPECT_EQ(place("a: >-\n  one\n  three two\n", "two"), "3:9");
  EXPECT_EQ(place("a: >-\n  one\n\n  two\n", "two"), "4:3");
  EXPECT_EQ(place("a: |\n  one\n    two\n", "two"), "3:5");
  EXPECT_EQ(place("a: |- # a remark with two\n  one\n  two\n", "two"), "3:3");
  EXPECT_EQ(place("b: ü\na: >\n   one\n   two\n", "two"), "4:4");
  EXPECT_EQ(place("\xef\xbb\xbf"
                  "a: >\n   one\n   two\n",
                  "two"),
            "3:4");
}

TEST(YamlPlaces, OfAnAliasWhereItIsUsed) { EXPECT_EQ(place("b: &x |\n  one\n  two\na: *x\n", "one"), "4:5"); }

}  // namespace
}  // namespace aright::yaml
