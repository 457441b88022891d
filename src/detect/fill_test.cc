#include "detect/fill.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "detect/compare.h"
#include "detect/judge.h"

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

TEST(Fill, TextsToBeFilledInDoNotContradictEachOther) {
  EXPECT_FALSE(contradict(with({{"mode", "${ 'a' }"}}), with({{"mode", "${ 'b' }"}})));
}

}  // namespace
}  // namespace aright::detect
