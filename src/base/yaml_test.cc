// The part of YAML that own files may use, its limits, and what is refused by name.
#include "base/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

namespace aright::yaml {
namespace {

/// The first error of `text`; "" when there is none.
std::string wrong(std::string_view text) {
  Diagnostics out;
  const auto node = parse(text, "f.yaml", out);
  EXPECT_TRUE(node || has_errors(out));
  return out.empty() ? std::string() : render(out.front());
}

TEST(Yaml, RefusesByTable) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a: 1\na: 2\n", "key `a` is written twice\n  --> f.yaml:2:1\nhint: it stands first in line 1"},
      {"a: {b: 1, \"b\": 2}\n", "key `b` is written twice"},
      {"a: &x {b: 1}\nc:\n  <<: *x\n", "merge keys (`<<`) are not used here\n  --> f.yaml:3:3"},
      {"<<: {a: 1}\n", "merge keys"},
      {"a: !!str 5\n", "tag `tag:yaml.org,2002:str` is not used here"},
      {"a: !mine x\n", "tag `!mine` is not used here"},
      {"a: !mine {b: 1}\n", "tag `!mine`"},
      {"a: !mine [1]\n", "tag `!mine`"},
      {"!!binary aGk=\n", "tag `tag:yaml.org,2002:binary`"},
      {"a: 1\n---\nb: 2\n", "more than one document"},
      {"--- a\n--- b\n", "more than one document"},
      {"a: 1\n---\n", "more than one document"},
      {"a:\n\tb: 1\n", "not YAML: a tab where a line is indented\n  --> f.yaml:2:1\nhint: indent with spaces\n"},
      {"\ta: 1\n", "not YAML: a tab where a line is indented\n  --> f.yaml:1:1"},
      {"a:\n  b:\n  \tc: 1\n", "not YAML: a tab where a line is indented\n  --> f.yaml:3:3"},
      {"a:\n  b: \"x\"\n\t\tc: 1\n", "not YAML: a tab where a line is indented\n  --> f.yaml:3:1"},
      {"a: 'x", "not YAML: the closing quote is missing"},
      {"a: 'x\n", "closing quote is missing"},
      {"a: 1\nb: \"x\n  y\n\n", "closing quote is missing"},
      {"a: [1, 2\n", "not YAML: a `[` is not closed"},
      {"a: ]\n", "not YAML: a `]` or `}` that closes nothing"},
      {"a: b: c\n", "not YAML: a `:` where no key can stand\n  --> f.yaml:1:5\nhint: put quotes around a text"},
      {"a: *nowhere\n", "not YAML: a `*` that names no `&` before it"},
      {"a: @x\n", "not YAML: no value begins like this"},
      {"a:\n  b: 1\n c: 2\n", "not YAML: a line does not fit the map it stands in"},
      {"a: &x [*x]\n", "an alias refers to a value that contains it"},
      {"? [a]\n: b\n", "a key must be text, not a list"},
      {"? {a: 1}\n: b\n", "a key must be text, not a map"},
      {"~: b\n", "a key must be text, not nothing"},
      {", a\n", "begins with a comma"},
      {"  \r\n\t, a\n", "begins with a comma"},
      {"a: \xFF\n", "not valid UTF-8"},
      {"a: \xED\xA0\x80\n", "not valid UTF-8"},
      {std::string("a: \0\n", 5), "NUL byte"},
      {"a: \"x\\q\"\n", "not YAML: an escape that there is not in double quotes"},
      {"%YAML 3.0\n--- a\n", "not YAML: a `%YAML` line for another version"},
  };
  for (const auto& [text, why] : table) {
    const std::string said = wrong(text);
    EXPECT_NE(said.find(why), std::string::npos) << text << "\n" << said;
    EXPECT_NE(said.find("f.yaml"), std::string::npos) << said;
  }
}

TEST(Yaml, ReadsWithPlacesAndKeepsWhatIsQuoted) {
  Diagnostics out;
  const auto root = parse("a: &x [1, \"2\", ~, '']\nb:\n  c: *x\n  d: |\n    x\n    y\ne:\n", "f", out);
  ASSERT_TRUE(root) << render(out.front());
  const auto& list = root->find("a")->items;
  ASSERT_EQ(list.size(), 4U);
  EXPECT_FALSE(list[0].quoted);
  EXPECT_TRUE(list[1].quoted);
  EXPECT_EQ(list[2].kind, Node::Kind::null);
  EXPECT_EQ(list[3].kind, Node::Kind::scalar);  // '' is a text, of no length
  EXPECT_EQ(list[1].at.line, 1U);
  EXPECT_EQ(list[1].at.column, 11U);
  EXPECT_EQ(root->find("b")->find("c")->items.size(), 4U);
  EXPECT_EQ(root->find("b")->find("d")->scalar, "x\ny\n");
  EXPECT_TRUE(root->find("b")->find("d")->quoted);
  EXPECT_EQ(root->find("e")->kind, Node::Kind::null);
  EXPECT_EQ(root->find("e")->at.line, 7U);
  EXPECT_EQ(root->find("f"), nullptr);
  for (const char* empty : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
    const auto nothing = parse(empty, "f", out);
    ASSERT_TRUE(nothing) << empty;
    EXPECT_EQ(nothing->kind, Node::Kind::null);
  }
  EXPECT_TRUE(parse("a: 1\n...\n", "f", out));
  EXPECT_TRUE(parse("a:\t1\n", "f", out));  // a tab that does not indent
}

TEST(Yaml, EverythingWrongIsSaidAtOnce) {
  Diagnostics out;
  EXPECT_FALSE(parse("a: 1\na: 2\nb: !t x\n<<: {}\n", "f", out));
  EXPECT_EQ(out.size(), 3U);
}

TEST(Yaml, WhatIsWrittenTwiceHidesNothingElse) {
  Diagnostics out;
  const auto node = parse("a: 1\nb: !t x\na: {c: 1, c: 2}\nb: 3\nd: 4\n", "f.yaml", out);
  ASSERT_EQ(out.size(), 4U) << "the tag, `c`, and both keys";
  ASSERT_TRUE(node);
  ASSERT_EQ(node->pairs.size(), 3U);
  EXPECT_EQ(node->find("a")->scalar, "1");
  EXPECT_EQ(node->find("b")->scalar, "x");
  EXPECT_EQ(node->find("d")->scalar, "4");
  EXPECT_FALSE(parse("a: 1\na: 2\nb: {<<: {c: 1}}\n", "f.yaml", out)) << "what is merged would be missed";
}

std::string brackets(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

/// The documents' scalars, or the first error.
std::string documents(std::string_view text) {
  Diagnostics out;
  const auto roots = parse_documents(text, "f.yaml", out);
  EXPECT_TRUE(roots || has_errors(out));
  if (!out.empty()) return render(out.front());
  std::string all;
  for (const Node& root : *roots) all += root.describe() + "@" + std::to_string(root.at.line) + ";";
  return all;
}

TEST(Yaml, SeveralDocumentsWhereTheyAreAllowed) {
  EXPECT_EQ(documents(""), "");
  EXPECT_EQ(documents("# nothing\n---\n---\n...\n"), "");
  EXPECT_EQ(documents("a: 1\n"), "a map@1;");
  EXPECT_EQ(documents("a: 1\n---\n- b\n---\nc\n"), "a map@1;a list@3;the text \"c\"@5;");
  EXPECT_EQ(documents("---\na: 1\n---\n---\nb: 1\n"), "a map@2;a map@5;");
}

TEST(Yaml, EveryDocumentIsHeldToTheSameRules) {
  const auto has = [](std::string_view text, std::string_view part) {
    const std::string said = documents(text);
    EXPECT_NE(said.find(part), std::string::npos) << text << "\n" << said;
  };
  has("a: 1\n---\nb: 1\nb: 2\n", "key `b` is written twice\n  --> f.yaml:4:1");
  has("a: 1\n---\nb: !t 1\n", "tag `!t`");
  has("a: 1\n---\n<<: {}\n", "merge keys");
  has("a: &x 1\n---\nb: *x\n", "not YAML");
  has("a: 1\n---\nb: &x [*x]\n", "an alias refers to a value that contains it");
  has("a: 1\n---\n,x\n", "not YAML");
  has(", a\n", "begins with a comma");
  has("a: 1\n---\n'x\n", "closing quote is missing");
  has("a: 1\n---\n" + brackets(depth_max + 1), "nested deeper than 64 levels");
  std::string many;
  for (int i = 0; i < 100'001; ++i) many += "---\na\n";
  has(many, "more than 100000 values");
}

std::string stairs(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += std::string(i, ' ') + "a:\n";
  return text;
}

TEST(Yaml, DepthHasALimit) {
  EXPECT_EQ(wrong(brackets(depth_max)), "");
  EXPECT_NE(wrong(brackets(depth_max + 1)).find("nested deeper than 64 levels"), std::string::npos);
  EXPECT_EQ(wrong(stairs(depth_max)), "");
  EXPECT_NE(wrong(stairs(depth_max + 1)).find("nested deeper than 64 levels"), std::string::npos);
  EXPECT_NE(wrong(std::string(bytes_max, '[')).find("nested deeper"), std::string::npos);
  EXPECT_NE(wrong(std::string(bytes_max / 3, '{') + "a").find("nested deeper"), std::string::npos);
}

TEST(Yaml, BytesHaveALimit) {
  const std::string value = "a: " + std::string(bytes_max - 3, 'x');
  EXPECT_EQ(wrong(value), "");
  EXPECT_NE(wrong(value + "x").find("larger than 1 MiB"), std::string::npos);
}

TEST(Yaml, AliasesAreCountedByWhatTheyVisit) {
  std::string list = "a: &x [";
  for (int i = 0; i < 98; ++i) list += "1, ";
  list += "1]\nb:\n";  // 100 values a visit: the list and its 99
  const auto times = [&](int n) {
    std::string text = list;
    for (int i = 0; i < n; ++i) text += "  - *x\n";
    return text;
  };
  EXPECT_EQ(wrong(times(100)), "");
  EXPECT_NE(wrong(times(101)).find("more than 10000 values"), std::string::npos);
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    laughs += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_NE(wrong(laughs).find("more than 10000 values"), std::string::npos);
}

TEST(Yaml, ValuesHaveALimitToo) {
  std::string many = "[";
  for (int i = 0; i < 100'001; ++i) many += "1,";
  EXPECT_NE(wrong(many + "1]").find("more than 100000 values"), std::string::npos);
}

TEST(Yaml, ManyKeysInOneMapAreRead) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += fmt::format("k{}: 1\n", i);
  EXPECT_EQ(wrong(text), "");
  EXPECT_NE(wrong(text + "k4999: 1\n").find("written twice"), std::string::npos);
}

RC_GTEST_PROP(Yaml, AnyPiecesEndInATreeOrInDiagnostics, ()) {
  std::string text;
  for (int left = *rc::gen::inRange(0, 20); left > 0; --left) {
    text += *rc::gen::elementOf(std::vector<std::string>{"a",     ": ",    "\n", "- ",  "  ",  "[",   "]",  "{", "}",
                                                         ",",     "&x ",   "*x", "!t ", "|\n", ">\n", "\"", "'", "#",
                                                         "---\n", "...\n", "%",  "? ",  "\t",  "<<",  "~",  "ä"});
  }
  Diagnostics out;
  const auto node = parse(text, "f", out);
  RC_ASSERT(node.has_value() || has_errors(out));
}

TEST(Yaml, TextIsWhatTheCoreSchemaCallsText) {
  const auto is_text = [](const std::string& value) {
    Diagnostics out;
    const auto node = parse("a: " + value + "\n", "f", out);
    return node && node->find("a")->is_text();
  };
  for (const char* text :
       {"x",  "\"3\"", "'true'", "1.2.3", "2026-11-25", "127.0.0.1:80", "off", "yes", "3x",   "0o8",   "0xg",
        "e5", "1e",    "1e+",    ".",     "-x",         "+.",           "0o",  "0x",  "tRUE", "1_000", "\u0663"})
    EXPECT_TRUE(is_text(text)) << text;
  for (const char* other : {"3", "-3", "+3", "007", "0o17", "0xAf", "1.", ".5", "-1.5e3", "1E-9", ".inf", "-.INF",
                            ".nan", "true", "True", "FALSE", "", "~", "[x]"})
    EXPECT_FALSE(is_text(other)) << other;
}

}  // namespace
}  // namespace aright::yaml
