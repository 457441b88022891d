// What every kind of value and every modifier means.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "detect/sigma/encode.h"
#include "detect/sigma/rig_test.h"

namespace aright::detect::sigma {
namespace {

struct Example {
  const char* map;
  const char* event;
  bool matches;
};

void expect(const std::vector<Example>& table) {
  for (const Example& c : table) EXPECT_EQ(matches(c.map, c.event), c.matches) << c.map << " | " << c.event;
}

TEST(SigmaItems, PlainValues) {
  expect({
      {"{F: abc}", R"({"F": "ABC"})", true},
      {"{F: abc}", R"({"F": "abcd"})", false},
      {"{F: abc}", R"({"f": "abc"})", false},  // names of fields have a case
      {"{F: abc}", R"({})", false},
      {"{F: 4688}", R"({"F": 4688})", true},
      {"{F: 4688}", R"({"F": "4688"})", true},
      {"{F: '4688'}", R"({"F": 4688})", true},
      {"{F: 4688}", R"({"F": 46880})", false},
      {"{F: 5}", R"({"F": 5.0})", true},
      {"{F: 5.0}", R"({"F": 5})", true},
      {"{F: '5.0'}", R"({"F": 5})", false},
      {"{F: -1}", R"({"F": -1})", true},
      {"{F: 1.5}", R"({"F": 1.5})", true},
      {"{F: 9007199254740993}", R"({"F": 9007199254740993})", true},
      {"{F: 9007199254740993}", R"({"F": 9007199254740992})", false},
      {"{F: 18446744073709551615}", R"({"F": 18446744073709551615})", true},
      {"{F: true}", R"({"F": true})", true},
      {"{F: 'true'}", R"({"F": true})", true},
      {"{F: true}", R"({"F": "True"})", true},
      {"{F: true}", R"({"F": false})", false},
      {"{F: 0x10}", R"({"F": "0X10"})", true},
      {"{F: '5*'}", R"({"F": 51})", true},
      {"{F: abc}", R"({"F": {"abc": "abc"}})", false},
  });
}

TEST(SigmaItems, EmptyAndNull) {
  expect({
      {"{F: ''}", R"({"F": ""})", true},
      {"{F: ''}", R"({"F": "x"})", false},
      {"{F: ''}", R"({})", false},
      {"{F: ''}", R"({"F": null})", false},
      {"{F: null}", R"({})", true},
      {"{F: null}", R"({"F": null})", true},
      {"{F: }", R"({"F": null})", true},
      {"{F: NULL}", R"({})", true},
      {"{F: null}", R"({"F": ""})", false},
      {"{F: null}", R"({"F": 0})", false},
      {"{F: null}", R"({"F": {}})", false},
      {"{F: null}", R"({"F": []})", true},
      {"{F: null}", R"({"F": ["a", null]})", true},
      {"{F: 'null'}", R"({"F": null})", false},
      {"{F: 'null'}", R"({"F": "null"})", true},
      {"{F: [null, a]}", R"({})", true},
      {"{F: [null, a]}", R"({"F": "a"})", true},
      {"{F: '*'}", R"({"F": null})", false},
      {"{F: '*'}", R"({"F": ""})", true},
  });
}

TEST(SigmaItems, ListsAndMaps) {
  expect({
      {"{F: [a, b]}", R"({"F": "b"})", true},
      {"{F: [a, b]}", R"({"F": "c"})", false},
      {"{F: a, G: b}", R"({"F": "a", "G": "b"})", true},
      {"{F: a, G: b}", R"({"F": "a", "G": "c"})", false},
      {"[{F: a}, {G: b}]", R"({"G": "b"})", true},
      {"[{F: a}, {G: b}]", R"({"G": "c"})", false},
      {"{F|contains|all: [a, b]}", R"({"F": "xbxa"})", true},
      {"{F|contains|all: [a, b]}", R"({"F": "xb"})", false},
      {"{F|all: [a, b]}", R"({"F": ["b", "a"]})", true},
      {"{F|startswith: a, F|endswith: b}", R"({"F": "axb"})", true},
      {"{F|startswith: a, F|endswith: b}", R"({"F": "ax"})", false},
  });
}

TEST(SigmaItems, FieldNames) {
  expect({
      {"{a.b: x}", R"({"a": {"b": "x"}})", true},
      {"{a.b: x}", R"({"a.b": "x"})", true},
      {"{a.b: x}", R"({"a.b": "y", "a": {"b": "x"}})", false},  // the key written with the dot wins
      {"{a.b.c: x}", R"({"a.b": {"c": "x"}, "a": {"b": {"c": "y"}}})", true},
      {"{a.b.c: x}", R"({"a": {"b.c": "x"}})", true},
      {"{a.b: x}", R"({"a": "x"})", false},
      {"{a.b: x}", R"({"a": [{"b": "y"}, {"b": "x"}]})", true},
      {"{F: x}", R"({"F": ["y", "x"]})", true},
      {"{F: x}", R"({"F": [["y"], [["x"]]]})", true},
      {"{F: x}", R"({"F": []})", false},
      {"{'cs-uri-query': x}", R"({"cs-uri-query": "x"})", true},
  });
}

TEST(SigmaItems, AliasesAreUsedWhereTheFieldIsNotThere) {
  const Rule rule = rule_of(rule_text("  s: {Image: x}\n  condition: s\n"));
  const FieldAliases aliases{{"Image", "NewProcessName"}};
  const Json other = Json::parse(R"({"NewProcessName": "x"})");
  const Json both = Json::parse(R"({"NewProcessName": "x", "Image": "y"})");
  EXPECT_TRUE(match(rule, Event(other, {}, aliases)));
  EXPECT_FALSE(match(rule, Event(other, {})));
  EXPECT_FALSE(match(rule, Event(both, {}, aliases)));
}

TEST(SigmaItems, Keywords) {
  expect({
      {"[one, two]", R"({"m": "xx TWO xx"})", true},
      {"[one, two]", R"({"m": {"n": ["a", "one"]}})", true},
      {"[one, two]", R"({"one": "x"})", false},  // names of fields are no values
      {"one", R"({"m": "only one here"})", true},
      {"[5]", R"({"m": 452})", true},
      {"{'|all': [one, two]}", R"({"m": "one", "n": "two"})", true},
      {"{'|all': [one, two]}", R"({"m": "one"})", false},
      {"{'|re': 'o.e'}", R"({"m": "xoneX"})", true},
      {"{'|startswith': on}", R"({"m": "one"})", true},
      {"{'|startswith': ne}", R"({"m": "one"})", false},
      {"['a*c']", R"({"m": "xabcx"})", true},
      {"[one, {F: x}]", R"({"F": "x"})", true},
      {"[one]", R"({})", false},
      {"[one]", R"({"m": null})", false},
  });
}

TEST(SigmaItems, TextModifiers) {
  expect({
      {"{F|contains: b}", R"({"F": "aBc"})", true},
      {"{F|contains: b}", R"({"F": ["x", "aBc"]})", true},
      {"{F|startswith: a}", R"({"F": "Abc"})", true},
      {"{F|startswith: b}", R"({"F": "Abc"})", false},
      {"{F|endswith: C}", R"({"F": "abc"})", true},
      {"{F|endswith: b}", R"({"F": "abc"})", false},
      {"{F|contains: 'a*c'}", R"({"F": "xabbcx"})", true},
      {"{F|contains: 5}", R"({"F": 1500})", true},
      {"{F|cased: abc}", R"({"F": "abc"})", true},
      {"{F|cased: abc}", R"({"F": "Abc"})", false},
      {"{F|contains|cased: B}", R"({"F": "aBc"})", true},
      {"{F|cased|contains: B}", R"({"F": "abc"})", false},
      {"{F|neq: a}", R"({"F": "b"})", true},
      {"{F|neq: a}", R"({"F": "A"})", false},
      {"{F|neq: [a, b]}", R"({"F": "b"})", false},
      {"{F|neq: a}", R"({})", true},  // as `not` would have it
      {"{F|contains|neq: a}", R"({"F": "xax"})", false},
      {"{F|contains|windash: ' -a'}", R"({"F": "x /a"})", true},
      {"{F|windash|contains: ' -a'}", R"({"F": "x /a"})", true},
      {"{F|endswith|windash: ' -a'}", R"({"F": "x /ab"})", false},
  });
}

TEST(SigmaItems, RegularExpressions) {
  expect({
      {"{F|re: 'b+c'}", R"({"F": "abbcd"})", true},
      {"{F|re: '^b'}", R"({"F": "ab"})", false},
      {"{F|re: 'B'}", R"({"F": "b"})", false},  // letters have a case here
      {"{F|re|i: 'B'}", R"({"F": "b"})", true},
      {"{F|re|ignorecase: 'B'}", R"({"F": "b"})", true},
      {"{F|re: '(?i)B'}", R"({"F": "b"})", true},
      {"{F|re: '^b$'}", R"({"F": "a\nb\nc"})", false},
      {"{F|re|m: '^b$'}", R"({"F": "a\nb\nc"})", true},
      {"{F|re|multiline: '^b$'}", R"({"F": "a\nb\nc"})", true},
      {"{F|re: 'a.b'}", R"({"F": "a\nb"})", false},
      {"{F|re|s: 'a.b'}", R"({"F": "a\nb"})", true},
      {"{F|re|dotall: 'a.b'}", R"({"F": "a\nb"})", true},
      {"{F|re|i|s: 'A.b'}", R"({"F": "a\nb"})", true},
      {"{F|re: '\\d{2}'}", R"({"F": 123})", true},
      {"{F|re: '.*'}", R"({"F": null})", false},
      {"{F|re|all: ['a', 'b']}", R"({"F": "ba"})", true},
      {"{F|re|all: ['a', 'b']}", R"({"F": "b"})", false},
      {"{F|re|neq: 'a'}", R"({"F": "b"})", true},
  });
}

TEST(SigmaItems, Networks) {
  expect({
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "10.1.2.3"})", true},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "11.1.2.3"})", false},
      {"{F|cidr: 192.168.1.128/25}", R"({"F": "192.168.1.127"})", false},
      {"{F|cidr: 192.168.1.128/25}", R"({"F": "192.168.1.128"})", true},
      {"{F|cidr: 0.0.0.0/0}", R"({"F": "255.255.255.255"})", true},
      {"{F|cidr: 0.0.0.0/0}", R"({"F": "::1"})", false},
      {"{F|cidr: 1.2.3.4/32}", R"({"F": "1.2.3.4"})", true},
      {"{F|cidr: 1.2.3.4/32}", R"({"F": "1.2.3.5"})", false},
      {"{F|cidr: fe80::/10}", R"({"F": "FEBF::1"})", true},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "fec0::1"})", false},
      {"{F|cidr: '::1/128'}", R"({"F": "0:0:0:0:0:0:0:1"})", true},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "::ffff:10.1.2.3"})", true},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "10.1.2.3:80"})", false},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "10.1"})", false},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": 10})", false},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "fe80::1%eth0"})", true},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "fe80::1%4"})", true},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "2001:db8::1%eth0"})", false},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "fe80::1%"})", false},
      {"{F|cidr: 'fe80::/10'}", R"({"F": "[fe80::1%eth0]"})", false},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "::ffff:10.1.2.3%eth0"})", true},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "10.1.2.3%eth0"})", false},
      {"{F|cidr: 10.0.0.0/8}", R"({"F": "10.1.2.3%a:b"})", false},
      {"{F|cidr: [10.0.0.0/8, 172.16.0.0/12]}", R"({"F": ["8.8.8.8", "172.31.0.1"]})", true},
  });
}

TEST(SigmaItems, ExistenceAndBounds) {
  expect({
      {"{F|exists: true}", R"({"F": null})", true}, {"{F|exists: true}", R"({"F": ""})", true},
      {"{F|exists: true}", R"({"F": []})", true},   {"{F|exists: true}", R"({"F": {}})", true},
      {"{F|exists: true}", R"({})", false},         {"{F|exists: false}", R"({})", true},
      {"{F|exists: false}", R"({"F": 1})", false},  {"{a.b|exists: true}", R"({"a": {"b": 1}})", true},
      {"{F|lt: 5}", R"({"F": 4.9})", true},         {"{F|lt: 5}", R"({"F": 5})", false},
      {"{F|lte: 5}", R"({"F": 5})", true},          {"{F|gt: 5}", R"({"F": 5})", false},
      {"{F|gt: 5}", R"({"F": "6"})", true},         {"{F|gt: 5}", R"({"F": "10"})", true},  // by value, not by text
      {"{F|gte: -1.5}", R"({"F": -1.5})", true},    {"{F|gt: 5}", R"({"F": "x"})", false},
      {"{F|gt: 5}", R"({"F": "6x"})", false},       {"{F|gt: 5}", R"({"F": "inf"})", false},
      {"{F|gt: 5}", R"({"F": true})", false},       {"{F|gt: 5}", R"({})", false},
      {"{F|gt: 5, F|lt: 7}", R"({"F": 6})", true},
  });
}

TEST(SigmaItems, ABooleanHasSeveralSpellings) {
  for (const char* yes : {"true", "True", "TRUE"}) {
    EXPECT_TRUE(matches(std::string("{F|exists: ") + yes + "}", R"({"F": 1})")) << yes;
  }
  for (const char* no : {"false", "False", "FALSE"}) {
    EXPECT_FALSE(matches(std::string("{F|exists: ") + no + "}", R"({"F": 1})")) << no;
  }
  EXPECT_TRUE(refused("{F|exists: tRUE}").contains("must be true or false, not the text"));
}

TEST(SigmaItems, BoundsOfLargeNumbersAreExact) {
  expect({
      {"{F|lte: 9007199254740992}", R"({"F": 9007199254740993})", false},
      {"{F|gt: 9007199254740992}", R"({"F": 9007199254740993})", true},
      {"{F|gt: 9007199254740992}", R"({"F": "9007199254740993"})", true},
      {"{F|gte: 9007199254740993}", R"({"F": 9007199254740992})", false},
      {"{F|gte: 9007199254740993}", R"({"F": 9007199254740992.0})", false},
      {"{F|lt: 9007199254740993}", R"({"F": 9007199254740992.0})", true},
      {"{F|lt: -9007199254740992}", R"({"F": -9007199254740993})", true},
      {"{F|lt: 18446744073709551615}", R"({"F": 18446744073709551614})", true},
      {"{F|gte: 18446744073709551615}", R"({"F": "18446744073709551614"})", false},
      {"{F|gt: 18446744073709551615}", R"({"F": 1.8446744073709552e19})", true},
      {"{F|lte: 18446744073709551615}", R"({"F": -1})", true},
      {"{F|gt: 9223372036854775807}", R"({"F": 9223372036854775808})", true},
      {"{F|gt: 9223372036854775807}", R"({"F": 9223372036854775808.0})", true},
      {"{F|gte: -9223372036854775808}", R"({"F": -9223372036854775808.0})", true},
      {"{F|gt: -9223372036854775808}", R"({"F": -1e300})", false},
      {"{F|gt: -2}", R"({"F": -1.5})", true},
      {"{F|lt: -1}", R"({"F": -1.5})", true},
      {"{F|gt: 0}", R"({"F": -0.5})", false},
      {"{F|lt: 18446744073709551615}", R"({"F": -0.5})", true},
      {"{F|gt: 1.5}", R"({"F": 2})", true},
      {"{F|lt: 1e300}", R"({"F": 18446744073709551615})", true},
  });
}

TEST(SigmaItems, References) {
  expect({
      {"{F|fieldref: G}", R"({"F": "a", "G": "A"})", true},
      {"{F|fieldref: G}", R"({"F": "a", "G": "b"})", false},
      {"{F|fieldref: G}", R"({"F": "a"})", false},
      {"{F|fieldref: G}", R"({})", false},
      {"{F|fieldref: G}", R"({"F": null, "G": null})", false},
      {"{F|fieldref: G}", R"({"F": 5, "G": "5"})", true},
      {"{F|fieldref|cased: G}", R"({"F": "a", "G": "A"})", false},
      {"{F|fieldref|neq: G}", R"({"F": "a", "G": "b"})", true},
      {"{F|fieldref|contains: G}", R"({"F": "xax", "G": "A"})", true},
      {"{F|fieldref|startswith: G}", R"({"F": "ax", "G": "a"})", true},
      {"{F|endswith|fieldref: G}", R"({"F": "ax", "G": "a"})", false},
      {"{F|fieldref: [G, H]}", R"({"F": "a", "G": "b", "H": "a"})", true},
      {"{F|fieldref|all: [G, H]}", R"({"F": "a", "G": "b", "H": "a"})", false},
      {"{F|fieldref: G}", R"({"F": "a*", "G": "ab"})", false},  // data never becomes a pattern
  });
}

TEST(SigmaItems, Encodings) {
  expect({
      {"{F|base64: 'ping'}", R"({"F": "cGluZw=="})", true},
      {"{F|base64|contains: 'ping'}", R"({"F": "xx cGluZw== xx"})", true},
      {"{F|base64offset|contains: 'http://'}", R"({"F": "aHR0cDovL2V4"})", true},      // "http://ex"
      {"{F|base64offset|contains: 'http://'}", R"({"F": "eGh0dHA6Ly9l"})", true},      // "xhttp://e"
      {"{F|base64offset|contains: 'http://'}", R"({"F": "eHhodHRwOi8vZQ=="})", true},  // "xxhttp://e"
      {"{F|base64offset|contains: 'http://'}", R"({"F": "aHR0cHM6Ly9l"})", false},     // "https://e"
      {"{F|wide|base64: 'ab'}", R"({"F": "YQBiAA=="})", true},
      {"{F|utf16le|base64: 'ab'}", R"({"F": "YQBiAA=="})", true},
      {"{F|utf16be|base64: 'ab'}", R"({"F": "AGEAYg=="})", true},
      {"{F|utf16|base64: 'ab'}", R"({"F": "//5hAGIA"})", true},
      {"{F|wide|base64offset|contains: 'foo'}", R"({"F": "Zm9vAGYAbwBvAA=="})", true},  // "foo" + NUL + wide "foo"
      {R"({F|base64: 'a\*'})", R"({"F": "YSo="})", true},
  });
  EXPECT_EQ(utf16("\xF0\x9F\x98\x80", Utf16::little), std::string("\x3D\xD8\x00\xDE", 4));
  EXPECT_EQ(base64_at_any_offset("foobar").value(), (std::vector<std::string>{"Zm9vYmFy", "Zvb2Jhc", "mb29iYX"}));
  EXPECT_FALSE(base64_at_any_offset("f"));
}

TEST(SigmaItems, WhatMatchedAndWhatDidNot) {
  const Rule rule = rule_of(rule_text("  a: {F: 1}\n  b: {F: 2}\n  c: {G: 1}\n  condition: 1 of them\n"));
  const Json body = Json::parse(R"({"F": 2, "G": 1})");
  const Event event(body, {});
  const auto found = match(rule, event);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->searches, (std::vector<std::string>{"b", "c"}));
  const auto seen = explain(rule, event);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].name, "a");
  EXPECT_FALSE(seen[0].holds);
  EXPECT_EQ(seen[0].lacks, std::vector<std::string>{"F"});
  EXPECT_TRUE(seen[1].holds);
  EXPECT_TRUE(seen[1].lacks.empty());
}

TEST(SigmaItems, WhatASearchLacksIsOfTheNearestAlternative) {
  const Rule rule = rule_of(
      rule_text("  a: [{F: 1, G: 1, H: 1}, {F: 2, G: 9, H|exists: true}]\n  b: [nowhere]\n  condition: a or b\n"));
  const Json body = Json::parse(R"({"F": 2, "G": 1})");
  const Event event(body, {});
  ASSERT_FALSE(match(rule, event));
  const auto seen = explain(rule, event);
  EXPECT_EQ(seen[0].lacks, (std::vector<std::string>{"F", "H"})) << "of equally near ones the first";
  EXPECT_TRUE(seen[1].lacks.empty()) << "it looks at all values";
}

}  // namespace
}  // namespace aright::detect::sigma
