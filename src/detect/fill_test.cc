#include "detect/fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "detect/compare.h"
#include "detect/judge.h"
#include "model/content.h"

namespace aright::detect {
namespace {

Json with(const Json& texts) { return {{"exists", true}, {"owner", "root"}, {"filled", texts}}; }

Json file_of(const std::vector<std::string>& lines, const std::string& mode = "0644") {
  return {{"exists", true}, {"content", lines}, {"mode", mode}, {"owner", "root"}};
}

Result<Json> filled(const Json& desired, const Json& of, const Json& context = Json::object()) {
  const auto filler = Filler::make(desired, control_fill_environment());
  if (!filler) return std::unexpected(filler.error());
  return filler->fill(of, context);
}

TEST(Fill, AValueKeepsItsTypeAndTextBecomesContent) {
  const Json lines = with({{"content", "${ resource.content.filter(l, !l.startsWith('#')) }"}});
  EXPECT_EQ(filled(lines, file_of({"# a", "b", ""}))->at("content"), Json({"b", ""}));
  const Json text = with({{"content", "was ${ resource.mode }\n"}});
  EXPECT_EQ(filled(text, file_of({}))->at("content"), Json({"was 0644", ""}));
  const Json escaped = with({{"content", "home=$${HOME}\n"}});
  EXPECT_EQ(filled(escaped, file_of({}))->at("content"), Json({"home=${HOME}", ""}));
  EXPECT_FALSE(filled(text, file_of({}))->contains("filled"));
  EXPECT_EQ(filled(text, file_of({}))->at("owner"), "root");
}

TEST(Fill, TheSubjectMayDecide) {
  const Json mode = with({{"mode", "${ subject.id.startsWith('/secret/') ? '0600' : '0644' }"}});
  EXPECT_EQ(filled(mode, file_of({}), {{"subject", {{"id", "/secret/a"}}}})->at("mode"), "0600");
  EXPECT_EQ(filled(mode, file_of({}), {{"subject", {{"id", "/a"}}}})->at("mode"), "0644");
}

TEST(Fill, WhatHasNoValueIsAnErrorAndNoDesiredState) {
  const Json gone = with({{"content", "${ resource.content }"}});
  const auto absent = filled(gone, {{"exists", false}});
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("`content`: "), std::string::npos) << absent.error().message;
  EXPECT_EQ(filled(with({{"mode", "${ 644 }"}}), file_of({})).error().code, Errc::invalid);
  EXPECT_EQ(filled(with({{"content", "${ [1, 2] }"}}), file_of({})).error().code, Errc::invalid);
  EXPECT_EQ(filled(with({{"mode", "${ nobody }"}}), file_of({})).error().code, Errc::invalid);
}

TEST(Fill, WhatMayBeAbsentIsNotFilledInWhileItIs) {
  Json optional = with({{"content", "${ resource.content }"}});
  optional.erase("exists");
  ASSERT_TRUE(filled(optional, {{"exists", false}}));
  EXPECT_TRUE(differing_fields(*filled(optional, {{"exists", false}}), {{"exists", false}}).empty());
}

TEST(Fill, AControlJudgesByWhatItComesTo) {
  Control control;
  control.name = "a";
  control.desired.fields = with({{"content", "${ resource.content.filter(l, l != 'bad') }"}});
  const auto judge = Judge::make(control);
  ASSERT_TRUE(judge);
  EXPECT_EQ(*judge->differs({"file", "/a"}, {file_of({"good", "bad"}), false}), std::vector<std::string>{"content"});
  EXPECT_TRUE(judge->differs({"file", "/a"}, {file_of({"good"}), false})->empty());
  EXPECT_FALSE(judge->differs({"file", "/a"}, {Json{{"exists", false}}, false})) << "nobody knows";
}

/// Once a Latin-1 file became one of the text "base64", and a condition on it was clean.
TEST(Fill, AContentThatIsNoTextFillsNothingInAndIsNotJudged) {
  Json latin = file_of({});
  latin["content"] = content_json("name = J\xfcrgen\nbad\n");
  const auto wanted = filled(with({{"content", "${ resource.content.filter(l, l != 'bad') }"}}), latin);
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error().message, testing::HasSubstr("`content`: the content is no text (18 bytes)"));
  EXPECT_EQ(filled(with({{"mode", "${ resource.mode }"}}), latin)->at("mode"), "0644");
  Control control;
  control.name = "a";
  for (const char* violation : {"resource.content.exists(l, l == 'bad')", "!('bad' in resource.content)",
                                "has(resource.content) && resource.content == ['x']"}) {
    control.violation = violation;
    const auto differs = Judge::make(control)->differs({"file", "/a"}, {latin, false});
    ASSERT_FALSE(differs) << violation;
    EXPECT_THAT(differs.error().message, testing::HasSubstr("the content is no text")) << violation;
  }
  control.violation = "resource.mode == '0644'";
  EXPECT_FALSE(Judge::make(control)->differs({"file", "/a"}, {latin, false})->empty());
}

TEST(Fill, LinesComeToWhatTheFileThenHas) {
  EXPECT_EQ(filled(with({{"content", "${ ['a\\nb', ''] }"}}), file_of({}))->at("content"), Json({"a", "b", ""}));
  EXPECT_EQ(filled(with({{"content", "${ resource.content.map(l, l + '\\n') }"}}), file_of({"a"}))->at("content"),
            Json({"a", ""}));
  EXPECT_EQ(filled(with({{"content", "${ ['a\\u0000b', ''] }"}}), file_of({}))->at("content"),
            content_json(std::string("a\0b\n", 4)));
  EXPECT_EQ(filled(with({{"content", "${ 'a\\u0000b' }"}}), file_of({}))->at("content"),
            content_json(std::string("a\0b", 3)));
  for (const char* text : {"${ [] }", "${ {'base64': 'YQ=='} }", "${ ['a', 1] }", "${ b'a' }"}) {
    EXPECT_EQ(filled(with({{"content", text}}), file_of({})).error().code, Errc::invalid) << text;
  }
}

TEST(Fill, WhoHasAFileIsFilledInByName) {
  const auto owner = [](const std::string& text, const std::string& now) {
    Json state = file_of({});
    state["owner"] = now;
    return filled(with({{"owner", text}}), state);
  };
  EXPECT_EQ(owner("${ 'adm' }", "root")->at("owner"), "adm");
  EXPECT_EQ(owner("${ resource.owner }", "12345")->at("owner"), "12345") << "a number that nobody has";
  const auto number = owner("${ resource.exists ? '0' : '1' }", "root");
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().code, Errc::invalid);
  EXPECT_THAT(number.error().message, testing::HasSubstr("`owner`: its value is \"0\": write the name"));
}

TEST(Fill, TheSubjectIsThePathAndNotHowRecordsWriteIt) {
  Control control;
  control.name = "a";
  control.violation = "subject.id == '/F/a\\\\b'";
  const auto judge = Judge::make(control);
  EXPECT_FALSE(judge->differs({"file", "/F/a\\\\b"}, {file_of({}), false})->empty());
  EXPECT_TRUE(judge->differs({"file", "/F/a\\\\\\\\b"}, {file_of({}), false})->empty());
  EXPECT_THAT(judge->differs({"file", "/F/\\xff"}, {file_of({}), false}).error().message,
              testing::HasSubstr("is not UTF-8"));
}

TEST(Fill, TextsToBeFilledInDoNotContradictEachOther) {
  EXPECT_FALSE(contradict(with({{"mode", "${ 'a' }"}}), with({{"mode", "${ 'b' }"}})));
}

}  // namespace
}  // namespace aright::detect
