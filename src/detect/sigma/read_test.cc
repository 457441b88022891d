// What is read of a rule file, and what is said about a wrong one, with its place.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "detect/sigma/rig_test.h"

namespace aright::detect::sigma {
namespace {

constexpr const char* whole = R"(title: A test
id: 0B2E8E9C-1111-4222-8333-123456789ABC
name: a_test
status: test
level: high
author: Ann Example, Bo Example (@bo)
description: |
  two
  lines
references: [https://example.org]
date: 2024-01-02
tags:
  - attack.t1110
fields: [User]
falsepositives: None known
license: MIT
house_rule: kept
logsource:
  product: Linux
  service: sshd
  definition: any words
detection:
  selection:
    User: root
  condition: selection
)";

TEST(SigmaRead, TheWholeHeader) {
  const Rule rule = rule_of(whole);
  EXPECT_EQ(rule.header.title, "A test");
  EXPECT_EQ(rule.header.id, "0b2e8e9c-1111-4222-8333-123456789abc");
  EXPECT_EQ(rule.header.name, "a_test");
  EXPECT_EQ(rule.header.status, "test");
  EXPECT_EQ(rule.header.level, Level::high);
  EXPECT_EQ(rule.header.authors, (std::vector<std::string>{"Ann Example", "Bo Example (@bo)"}));
  EXPECT_EQ(rule.header.description, "two\nlines\n");
  EXPECT_EQ(rule.header.references, std::vector<std::string>{"https://example.org"});
  EXPECT_EQ(rule.header.tags, std::vector<std::string>{"attack.t1110"});
  EXPECT_EQ(rule.header.fields, std::vector<std::string>{"User"});
  EXPECT_EQ(rule.header.falsepositives, std::vector<std::string>{"None known"});
  EXPECT_EQ(rule.logsource, (LogSource{"", "linux", "sshd"}));
  EXPECT_EQ(rule.header.at.line, 1U);
  EXPECT_EQ(said_of(whole), "");
}

TEST(SigmaRead, SeveralDocumentsAndOneBrokenAmongThem) {
  const std::string good = rule_text("  s: {F: a}\n  condition: s\n");
  Diagnostics out;
  const auto documents = read_rules(good + "---\ntitle: b\n---\n" + good, "r.yml", out);
  EXPECT_EQ(documents.size(), 2U);
  EXPECT_EQ(render_all(out),
            "error: rule needs a field `logsource`\n  --> r.yml:8:1\n"
            "error: rule needs a field `detection`\n  --> r.yml:8:1\n");
}

struct Refusal {
  std::string text;
  std::string said;  ///< a part of it
};

void expect_refused(const std::vector<Refusal>& table) {
  for (const Refusal& c : table) {
    const std::string said = said_of(c.text);
    EXPECT_NE(said.find(c.said), std::string::npos) << c.text << "\nsaid: " << said;
  }
}

TEST(SigmaRead, RefusesFiles) {
  const std::string ends = "logsource: {product: x}\ndetection: {s: {F: 1}, condition: s}\n";
  expect_refused({
      {"", "error: the file holds no rule\n  --> r.yml\n"},
      {"a: [", "not YAML"},
      {"- a\n", "a rule must be a map, not a list"},
      {ends, "needs a field `title`"},
      {"title: " + std::string(257, 'x') + "\n" + ends, "`title` has 257 bytes, at most 256 are allowed"},
      {"title: [a]\n" + ends, "`title` must be text, not a list"},
      {"title: t\nid: 5\n" + ends, "`id` must be a UUID, not `5`\n  --> r.yml:2:5"},
      {"title: t\nid: 0b2e8e9c-1111-4222-8333-123456789abg\n" + ends, "`id` must be a UUID"},
      {"title: t\nstatus: done\n" + ends, "unknown status `done`\n  --> r.yml:2:9\nhint: known statuses: stable"},
      {"title: t\nlevel: hihg\n" + ends, "unknown level `hihg`\n  --> r.yml:2:8\nhint: did you mean `high`?"},
      {"title: t\ntags: {a: b}\n" + ends, "`tags` must be a list of texts"},
      {"title: t\ntaxonomy: ecs\n" + ends, "taxonomy `ecs` is not known here"},
      {"title: t\ntitle: u\n" + ends, "key `title` is written twice"},
      {"action: global\ntitle: t\n---\n" + ends, "collections by `action` are the old form"},
      {"title: t\nfilter: {}\nlogsource: {product: x}\n", "`filter` is known, but not in this version"},
      {"title: t\nlogsource: {definition: x}\ndetection: {s: {F: 1}, condition: s}\n",
       "gives no category, product or service\n  --> r.yml:2:12"},
      {"title: t\nlogsource: x\ndetection: {s: {F: 1}, condition: s}\n", "`logsource` must be a map"},
      {"title: t\nlogsource: {product: [x]}\ndetection: {s: {F: 1}, condition: s}\n", "`product` must be text"},
      {"title: t\nlogsource: {product: x}\ndetection: []\n", "`detection` must be a map, not an empty list"},
      {rule_text("  s: {F: 1}\n"), "`detection` needs a `condition`"},
      {rule_text("  s: {F: 1}\n  timeframe: 5m\n  condition: s\n"),
       "`timeframe` is the old form of counting and not supported\n  --> r.yml:6:3\nhint: write a second document"},
      {rule_text("  s: {F: 1}\n  condition: []\n"), "`condition` has an empty list"},
      {rule_text("  s: {F: 1}\n  condition: [s, 5, {}]\n"), "`condition` must be text, not an empty map"},
      {rule_text("  s: {F: 1}\n  condition:\n"), "`condition` must be text, not nothing"},
      {rule_text("  s: {F: 1}\n  condition: ''\n"), "`condition` must be text"},
      {rule_text("  s:\n  condition: s\n"),
       "search identifier `s` holds a map, a list of maps or keywords, not nothing"},
      {rule_text("  s: []\n  condition: s\n"), "search identifier `s` is empty"},
      {rule_text("  s: {}\n  condition: s\n"), "search identifier `s` has an empty map"},
      {rule_text("  s: [[a]]\n  condition: s\n"), "not a list"},
      {rule_text("  s: [null]\n  condition: s\n"), "not nothing"},
  });
}

TEST(SigmaRead, RefusesItems) {
  const std::vector<Refusal> table{
      {"{F|contain: x}",
       "modifiers in `F|contain`: there is no modifier `contain`\n  --> r.yml:5:7\n"
       "hint: did you mean `contains`?"},
      {"{F|: x}", "there is no modifier ``"},
      {"{F|expand: '%a%'}", "`expand` is known, but not in this version"},
      {"{F|contains|expand: '%a%'}", "`expand` is known, but not in this version"},
      {"{F|hour: 5}", "`hour` is known, but not in this version"},
      {"{F|week: 5}", "`week` is known, but not in this version"},
      {"{F|contains|contains: x}", "`contains` stands there twice"},
      {"{F|contains|startswith: x}", "`contains` and `startswith` exclude each other"},
      {"{F|re|contains: x}", "`re` and `contains` exclude each other"},
      {"{F|re|cidr: x}", "`re` and `cidr` exclude each other"},
      {"{F|i: x}", "`i` must stand behind `re`"},
      {"{F|i|re: x}", "`i` must stand behind `re`"},
      {"{F|exists|all: true}", "`exists` stands alone"},
      {"{F|exists: x}", "`F|exists` must be true or false, not the text \"x\"\n  --> r.yml:5:17"},
      {"{'|exists': true}", "`exists` needs a field before it"},
      {"{F|wide: x}", "only for `base64` and `base64offset`, which stand behind it"},
      {"{F|base64|wide: x}", "`wide` must stand before base64"},
      {"{F|wide|utf16be|base64: x}", "only one encoding in UTF-16"},
      {"{F|base64|base64offset: x}", "exclude each other"},
      {"{F|contains|base64offset: x}", "`base64offset` must stand before `contains`"},
      {"{F|base64|re: x}", "`re` has no use for base64"},
      {"{F|base64offset|contains: x}", "at least two bytes"},
      {"{F|base64: 'a*'}", "encodes its values, which leaves no wildcards"},
      {"{F|windash|re: x}", "`windash` is only for plain texts"},
      {"{F|windash|base64: x}", "`windash` is only for plain texts"},
      {"{F|re|cased: x}", "`cased` is only for texts"},
      {"{F|fieldref|re: x}", "`fieldref` goes only with"},
      {"{F|fieldref: [[a]]}", "names other fields, not a list"},
      {"{F|fieldref: ''}", "names other fields"},
      {"{'|fieldref': G}", "`fieldref` needs a field before it"},
      {"{F|all: x}", "`all` in `F|all` needs a list of at least two values"},
      {"{F|contains|all: [x]}", "needs a list of at least two values"},
      {"{F: []}", "`F` has an empty list"},
      {"{F: {G: x}}", "a value of `F` must be text, a number or null, not a map"},
      {"{F: [[x]]}", "must be text, a number or null, not a list"},
      {"{F|contains: null}", "null has no use with the modifiers of `F|contains`"},
      {"{F|re: null}", "null has no use"},
      {"{'': null}", "null is no keyword"},
      {"{F|re: 'a('}", "the regular expression of `F|re` cannot be used: missing ): a(\n  --> r.yml:5:13"},
      {"{F|re: 'a(?=b)'}", "it has look-ahead; only what is matched in linear time"},
      {"{F|re: 'a(?!b)'}", "it has look-ahead"},
      {"{F|re: '(?<=a)b'}", "it has look-behind"},
      {"{F|re: '(?<!a)b'}", "it has look-behind"},
      {"{F|re: '(?>a)b'}", "it has an atomic group"},
      {R"({F|re: '(a)\1'})", "it has a reference back to a group"},
      {"{F|re: '(?<n>a)'}", "write (?P<x>…)"},
      {"{F|re: '(((a{100}){100}){100})'}", "cannot be used: "},
      {"{F|re|m: 'a)(b'}", "cannot be used: "},
      {"{F|cidr: 10.0.0.0}", "`F|cidr` needs networks: \"10.0.0.0\" is not a network: no /LENGTH\n  --> r.yml:5:15"},
      {"{F|cidr: 10.0.0/8}", "is not an IP address"},
      {"{F|cidr: 10.0.0.0/33}", "the length is a number from 0 to 32"},
      {"{F|cidr: 'fe80::/129'}", "the length is a number from 0 to 128"},
      {"{F|cidr: 10.0.0.0/x}", "the length is a number from 0 to 32"},
      {"{F|cidr: 10.0.0.0/}", "the length is a number from 0 to 32"},
      {"{F|cidr: 10.0.0.1/8}", "\"10.0.0.1/8\" has bits set behind the first 8"},
      {"{F|gt: x}", "`F|gt` needs a number, not the text \"x\""},
      {"{F|gt: '5'}", "needs a number"},
      {"{F|lt: 0x10}", "needs a number"},
  };
  for (const Refusal& c : table) {
    const std::string said = refused(c.text);
    EXPECT_NE(said.find(c.said), std::string::npos) << c.text << "\nsaid: " << said;
    EXPECT_TRUE(said.starts_with("error: ")) << said;
  }
}

TEST(SigmaRead, WarnsAndGoesOn) {
  EXPECT_EQ(refused("{F: [a, null]}").substr(0, 44), "warning: null inside a list of values of `F`");
  EXPECT_NE(said_of(rule_text("  s|endswith: {F: a}\n  condition: 1 of s*\n")).find("warning: `|` in the name"),
            std::string::npos);
}

TEST(SigmaRead, EverythingWrongIsSaidAtOnce) {
  const std::string said = said_of(
      "title: t\nlevel: x\nlogsource: {}\ndetection:\n  a: {F|b: 1, G|re: '('}\n  timeframe: 1m\n  condition: c\n");
  for (const char* part : {"r.yml:2:8", "r.yml:3:12", "r.yml:5:7", "r.yml:5:21", "r.yml:6:3", "r.yml:7:14"}) {
    EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
  }
}

RC_GTEST_PROP(SigmaRead, AnyPiecesEndInRulesOrInDiagnostics, ()) {
  std::string text = rule_text("");
  for (int left = *rc::gen::inRange(0, 24); left > 0; --left) {
    text += *rc::gen::elementOf(std::vector<std::string>{"  s: ",
                                                         "  condition: ",
                                                         "s",
                                                         "{F: a}",
                                                         "{F|re: ",
                                                         "'('",
                                                         "\n",
                                                         "|all",
                                                         "[",
                                                         "]",
                                                         "a, ",
                                                         "{",
                                                         "}",
                                                         "null",
                                                         "1 of ",
                                                         "them",
                                                         " and ",
                                                         "not ",
                                                         "(",
                                                         ")",
                                                         "s*",
                                                         "'|'",
                                                         "  timeframe: 1m\n",
                                                         "---\n",
                                                         "correlation:\n",
                                                         "  - ",
                                                         "5",
                                                         "\\*"});
  }
  Diagnostics out;
  const auto documents = read_rules(text, "r.yml", out);
  RC_ASSERT(!documents.empty() || has_errors(out));
}

}  // namespace
}  // namespace aright::detect::sigma
