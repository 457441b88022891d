#include "base/subject_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace aright {
namespace {

std::string subject(const std::vector<std::string>& values, std::size_t bytes_max = SubjectText::no_limit) {
  SubjectText made;
  char name = 'a';
  for (const std::string& value : values) {
    made.add_written(name == 'a' ? "a=" : std::string(" ") + name + "=");
    made.add_value(value, bytes_max);
    ++name;
  }
  return made.text();
}

std::string only_value(const std::string& value) {
  const auto field = only_field(subject({value}));
  return field && field->name == "a" ? field->value : "several, or none";
}

TEST(SubjectText, TheOnlyFieldHasTheBareValueWhateverItIs) {
  for (const char* value : {"joe", "Jörg Müller", "x; rm", "a=b", "ab==", "a b=c", " b=c", "CORP\\ursula", "\\u", "",
                            "x y = z", "2001:db8::1"}) {
    EXPECT_EQ(only_value(value), value);
  }
}

TEST(SubjectText, AValueNeverLooksLikeAnotherField) {
  EXPECT_EQ(subject({"x b=y"}), "a=x b\\u{3d}y");
  EXPECT_EQ(subject({"x", "y"}), "a=x b=y");
  EXPECT_EQ(subject({"x b=y", "z"}), "a=x b\\u{3d}y b=z");
  EXPECT_FALSE(only_field(subject({"x", "y"})));
  EXPECT_FALSE(only_field(subject({"", ""})));
  EXPECT_FALSE(only_field("host web1"));
}

TEST(SubjectText, ControlCharactersAreNumbersThatNobodyElseCanWrite) {
  EXPECT_EQ(subject({"u\nv"}), "a=u\\u{a}v");
  EXPECT_EQ(subject({"u v"}), "a=u v");
  EXPECT_EQ(subject({"u\\u{a}v"}), "a=u\\u{5c}u{a}v");
  EXPECT_EQ(subject({"\x1B[m\x7F\xC2\x85\xE2\x80\xA8"}), "a=\\u{1b}[m\\u{7f}\\u{85}\\u{2028}");
  EXPECT_EQ(only_value("u\nv"), "u\\u{a}v");
  EXPECT_EQ(only_value("x \\u{3d}"), "x \\u{5c}u{3d}") << "not the `=` that was never there";
  SubjectText parts;
  for (const char* part : {"\\", "u", "{a}"}) parts.add_value(part);
  EXPECT_EQ(parts.text(), "\\u{5c}u{a}");
}

TEST(SubjectText, WhatIsCutIsToldApartByItsHash) {
  const std::string one = subject({std::string(300, 'x') + "1"}, 64);
  const std::string two = subject({std::string(300, 'x') + "2"}, 64);
  EXPECT_NE(one, two);
  EXPECT_LE(one.size(), 2 + 64U);
  EXPECT_NE(subject({one.substr(2)}), one) << "written by somebody, it is another";
  EXPECT_EQ(subject({std::string(64, 'x')}, 64), "a=" + std::string(64, 'x'));
  SubjectText whole;
  whole.add_value(std::string(300, '\n'));
  EXPECT_EQ(whole.within(2000), whole.text());
  EXPECT_LE(whole.within(100).size(), 100U);
}

TEST(SubjectText, WhatOlderVersionsStoredIsRead) {
  EXPECT_EQ(only_field("user=a b")->value, "a b");
  EXPECT_EQ(only_field("token=ab==")->value, "ab==");
  EXPECT_FALSE(only_field("address=192.0.2.1 port=22"));
}

RC_GTEST_PROP(SubjectText, TwoThatDifferStayDifferent, ()) {
  const auto fields = *rc::gen::inRange<std::size_t>(1, 4);
  const auto value =
      rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::elementOf(std::string("a =\\u{}35d\n"))));
  const auto one = *rc::gen::container<std::vector<std::string>>(fields, value);
  const auto two = *rc::gen::container<std::vector<std::string>>(*rc::gen::inRange<std::size_t>(1, 4), value);
  RC_ASSERT((subject(one) == subject(two)) == (one == two));
  RC_ASSERT(only_field(subject(one)).has_value() == (one.size() == 1));
}

}  // namespace
}  // namespace aright
