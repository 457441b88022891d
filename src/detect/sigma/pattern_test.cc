// Wildcards, escapes, dashes, letters without case.
#include "detect/sigma/pattern.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "detect/sigma/fold.h"

namespace aright::detect::sigma {
namespace {

bool fits(const std::string& written, const std::string& value, PatternForm form = {}) {
  const Pattern pattern = Pattern::parse(written, form);
  return pattern.matches(pattern.cased() ? value : fold(value));
}

TEST(SigmaPattern, WildcardsAndEscapes) {
  struct Case {
    const char* written;
    const char* value;
    bool fits;
  };
  const std::vector<Case> table{
      {"abc", "abc", true},
      {"abc", "ABC", true},
      {"abc", "abcd", false},
      {"abc", "ab", false},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "x", true},
      {"?", "", false},
      {"?", "x", true},
      {"?", "xy", false},
      {"?", "\xC3\xA4", true},
      {"?", "\xF0\x9F\x98\x80", true},
      {"??", "\xC3\xA4", false},
      {"a*c", "ac", true},
      {"a*c", "abbbc", true},
      {"a*c", "abcd", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"*a*b*", "xxaxxbxx", true},
      {"*a*b*", "xxbxxaxx", false},
      {"*aab", "aaab", true},
      {"*a?b*a", "aaxbya", true},
      {"a*?", "a", false},
      {"a*?", "ab", true},
      {"*?*", "", false},
      {"*??b*",
       "\xE2\x82\xAC"
       "bx",
       false},
      {"*?b*",
       "\xE2\x82\xAC"
       "bx",
       true},
      {R"(\*)", "*", true},
      {R"(\*)", "x", false},
      {R"(\?)", "?", true},
      {R"(\?)", "x", false},
      {R"(\\*)", R"(\abc)", true},
      {R"(\\*)", "abc", false},
      {R"(\\\*)", R"(\*)", true},
      {R"(\\\*)", R"(\x)", false},
      {R"(\\\\)", R"(\\)", true},
      {R"(\\\\)", R"(\)", false},
      {R"(a\b)", R"(a\b)", true},
      {R"(a\\b)", R"(a\b)", true},
      {R"(a\)", R"(a\)", true},
      {R"(*\cmd.exe)", R"(C:\Windows\CMD.EXE)", true},
      {R"(*\cmd.exe)", "cmd.exe", false},
  };
  for (const Case& c : table) EXPECT_EQ(fits(c.written, c.value), c.fits) << c.written << " | " << c.value;
}

TEST(SigmaPattern, OpenEnds) {
  EXPECT_TRUE(fits("b", "abc", {.open_begin = true, .open_end = true}));
  EXPECT_TRUE(fits("c", "abc", {.open_begin = true}));
  EXPECT_FALSE(fits("b", "abc", {.open_begin = true}));
  EXPECT_TRUE(fits("a", "abc", {.open_end = true}));
  EXPECT_FALSE(fits("b", "abc", {.open_end = true}));
  EXPECT_TRUE(fits("a?c", "xabcx", {.open_begin = true, .open_end = true}));
  EXPECT_TRUE(fits("b*d", "abcde", {.open_begin = true, .open_end = true}));
  EXPECT_TRUE(fits("", "", {.open_begin = true, .open_end = true}));
  EXPECT_TRUE(fits("", "x", {.open_begin = true, .open_end = true}));
}

TEST(SigmaPattern, LettersWithoutCase) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"STRASSE", "strasse"},
      {"\xC3\x84RGER", "\xC3\xA4rger"},          // Ä ä
      {"\xCE\xA3\xCE\x91", "\xCF\x83\xCE\xB1"},  // ΣΑ σα
      {"\xCF\x82", "\xCF\x83"},                  // final sigma
      {"\xD0\x9F\xD0\xA0", "\xD0\xBF\xD1\x80"},  // ПР пр
      {"\xEF\xBC\xA1", "\xEF\xBD\x81"},          // fullwidth A
      {"\xE1\xBA\x9E", "\xC3\x9F"},              // capital sharp s
      {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},  // Deseret
      {"\xE2\x84\xAA", "k"},                     // Kelvin sign
  };
  for (const auto& [upper, lower] : pairs) {
    EXPECT_EQ(fold(upper), fold(lower)) << upper;
    EXPECT_TRUE(fits(upper, lower));
    EXPECT_TRUE(fits(lower, upper));
    EXPECT_FALSE(fits(upper, lower, {.cased = true}));
  }
  EXPECT_EQ(fold("\xC3\x9F"), "\xC3\x9F");  // one code point stays one
  EXPECT_EQ(fold("\xC4\xB0"), "\xC4\xB0");  // dotted I folds only in Turkish
  EXPECT_EQ(fold("\xFF\xC3(\xE2\x82"), "\xFF\xC3(\xE2\x82");
  for (const std::string_view no_letter : {"\xE0\x81\x8F", "\xE0\x9F\xBF", "\xF0\x80\x81\x8F", "\xF0\x8F\xBF\xBF",
                                           "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC1\x8F"}) {
    EXPECT_EQ(fold(no_letter), no_letter) << "an `O` written too long is none, nor is half of a pair";
  }
  EXPECT_EQ(fold("\xF0\x90\x90\x80"), "\xF0\x90\x90\xA8");  // Deseret has two cases
  EXPECT_TRUE(fits("a", "a", {.cased = true}));
}

TEST(SigmaPattern, DashesOfFlags) {
  const PatternForm form{.windash = true, .open_begin = true, .open_end = true};
  for (const char* value : {"x -foo", "x /foo",
                            "x \xE2\x80\x93"
                            "foo",
                            "x \xE2\x80\x94"
                            "foo",
                            "x \xE2\x80\x95"
                            "FOO"}) {
    EXPECT_TRUE(fits(" -foo", value, form)) << value;
    EXPECT_TRUE(fits(" /foo", value, form)) << value;
  }
  EXPECT_FALSE(fits(" -foo", "x +foo", form));
  EXPECT_FALSE(fits(" -foo",
                    "x \xE2\x80\x92"
                    "foo",
                    form));                    // figure dash is none of the five
  EXPECT_FALSE(fits("a-foo", "a/foo", form));  // inside a word it is itself
  EXPECT_TRUE(fits("a-foo", "a-foo", form));
  EXPECT_FALSE(fits("- foo", "/ foo", form));  // begins no flag
  EXPECT_TRUE(fits(" -a -b",
                   " /a \xE2\x80\x93"
                   "b",
                   form));
  EXPECT_TRUE(fits("-foo", "/foo", {.windash = true}));
  EXPECT_FALSE(fits(" -foo", " /foo", {.open_begin = true, .open_end = true}));
}

TEST(SigmaPattern, WrittenText) {
  EXPECT_TRUE(has_wildcards("a*"));
  EXPECT_TRUE(has_wildcards(R"(\\?)"));
  EXPECT_FALSE(has_wildcards(R"(a\*\?\\)"));
  EXPECT_EQ(unescape(R"(a\*\\\b)"), R"(a*\\b)");
}

/// The definition, written down without thought of speed.
bool naive(const std::string& written, std::size_t w, const std::string& value, std::size_t v) {
  if (w == written.size()) return v == value.size();
  const char c = written[w];
  if (c == '*') return naive(written, w + 1, value, v) || (v < value.size() && naive(written, w, value, v + 1));
  if (v == value.size()) return false;
  if (c == '?') return naive(written, w + 1, value, v + 1);
  const char next = w + 1 < written.size() ? written[w + 1] : '\0';
  const bool escaped = c == '\\' && (next == '*' || next == '?' || next == '\\');
  if (value[v] != (escaped ? next : c)) return false;
  return naive(written, w + (escaped ? 2 : 1), value, v + 1);
}

rc::Gen<std::string> text_of(const std::string& letters, int most) {
  return rc::gen::map(rc::gen::resize(most, rc::gen::container<std::vector<char>>(
                                                rc::gen::elementOf(std::vector<char>(letters.begin(), letters.end())))),
                      [](const std::vector<char>& v) { return std::string(v.begin(), v.end()); });
}

RC_GTEST_PROP(SigmaPattern, AgreesWithTheDefinition, ()) {
  const std::string written = *text_of("aab\\***?", 6);
  const std::string value = *text_of("aaab\\*", 5);
  RC_CLASSIFY(naive(written, 0, value, 0));
  RC_ASSERT(fits(written, value, {.cased = true}) == naive(written, 0, value, 0));
  RC_ASSERT(fits(written, value) == naive(written, 0, value, 0));
}

RC_GTEST_PROP(SigmaPattern, OpenEndsAreWildcards, ()) {
  const std::string written = *text_of("ab*?", 6);
  const std::string value = *text_of("aab", 9);
  RC_ASSERT(fits(written, value, {.open_begin = true, .open_end = true}) == fits("*" + written + "*", value));
  RC_ASSERT(fits(written, value, {.open_begin = true}) == fits("*" + written, value));
  RC_ASSERT(fits(written, value, {.open_end = true}) == fits(written + "*", value));
}

RC_GTEST_PROP(SigmaPattern, FoldingIsStable, (const std::string& text)) { RC_ASSERT(fold(fold(text)) == fold(text)); }

}  // namespace
}  // namespace aright::detect::sigma
