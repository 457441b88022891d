// A version of a workflow acts by itself only when its tests have passed, or a person lets it without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

std::string version_of(const Config& config) { return config.workflows[0].version(); }

VersionTests rule(TestsRule rule) { return {rule, {}}; }

std::string demands_of(const Config& config) { return Demands(config.controls).on(config.workflows[0]); }

VersionTests told(const Config& config, bool passed) {
  return {TestsRule::required, {{config.workflows[0].name, version_of(config), passed, 2, demands_of(config)}}};
}

/// Its control demands something else; its workflow is the same version.
Config evil() {
  Config config = one_file();
  config.controls[0].desired.fields["content"] = "evil";
  return config;
}

Config edited() {
  Config config = one_file();
  config.workflows[0].owner = "somebody else";
  return config;
}

std::unique_ptr<Rig> begun(VersionTests tests) {
  auto rig = std::make_unique<Rig>(one_file());
  rig->remembered.tests = std::move(tests);
  rig->start();
  rig->settle();
  return rig;
}

Mode mode_in(const Rig& rig) { return rig.core->mode_of(rig.core->config().workflows[0]); }

TEST(Versions, AnUntestedOneProposes) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  EXPECT_EQ(mode_in(rig), Mode::propose);
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a").at("content"), "bad");
  const auto reason = rig.last("run.held").at("reason").get<std::string>();
  EXPECT_THAT(reason, HasSubstr("no test of this version has passed"));
  EXPECT_THAT(reason, HasSubstr("aright workflows set-mode fix auto --untested")) << "and what to do";
}

TEST(Versions, AReloadAnswersWhoIsKeptBackAndWhatToDo) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  const auto untested = rig.ask(Reload{edited(), nullptr, rule(TestsRule::required)});
  ASSERT_TRUE(untested);
  ASSERT_EQ(untested->at("untested").size(), 1U);
  EXPECT_THAT(untested->at("untested")[0].get<std::string>(),
              HasSubstr("workflow fix stays in mode propose: no test of this version"));
  EXPECT_THAT(untested->at("untested")[0].get<std::string>(), HasSubstr("write a test in tests/"));
  const auto warned = rig.ask(Reload{edited(), nullptr, rule(TestsRule::warn)});
  ASSERT_TRUE(warned);
  EXPECT_THAT(warned->at("untested")[0].get<std::string>(), HasSubstr("workflow fix acts by itself: no test"));
  const auto tested = rig.ask(Reload{edited(), nullptr, told(edited(), true)});
  ASSERT_TRUE(tested);
  EXPECT_TRUE(tested->at("untested").empty()) << tested->dump();
}

TEST(Versions, OnlyTheRuleRequiredKeepsOneBack) {
  EXPECT_EQ(mode_in(*begun(rule(TestsRule::off))), Mode::auto_);
  EXPECT_EQ(mode_in(*begun(rule(TestsRule::warn))), Mode::auto_);
}

TEST(Versions, ATestedOneActsAndIsRecordedOnce) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  EXPECT_EQ(mode_in(rig), Mode::auto_);
  EXPECT_EQ(rig.last("workflow.tested").at("hash"), version_of(one_file()));
  ASSERT_TRUE(rig.ask(Reload{one_file(), nullptr, told(one_file(), true)}));
  EXPECT_EQ(rig.count("workflow.tested"), 1U);
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(Versions, WhatFailsNowProposesAgain) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  ASSERT_TRUE(rig.ask(Reload{one_file(), nullptr, told(one_file(), false)}));
  EXPECT_EQ(mode_in(rig), Mode::propose);
  EXPECT_THAT(rig.core->capped(rig.core->config().workflows[0]), HasSubstr("did not pass"));
}

TEST(Versions, AnEditedOneNeedsItsOwn) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  ASSERT_TRUE(rig.ask(Reload{edited(), nullptr, rule(TestsRule::required)}));
  EXPECT_EQ(mode_in(rig), Mode::propose);
  ASSERT_TRUE(rig.ask(Reload{edited(), nullptr, told(edited(), true)}));
  EXPECT_EQ(mode_in(rig), Mode::auto_);
}

TEST(Versions, APersonLetsThisVersionOnly) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  const auto refused = rig.ask(SetMode{"fix", Mode::auto_, "go"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("--untested"));
  EXPECT_EQ(rig.count("mode.set"), 0U);
  const auto let = rig.ask(SetMode{"fix", Mode::auto_, "I have looked", true});
  ASSERT_TRUE(let);
  EXPECT_THAT(let->at("warning").get<std::string>(), HasSubstr("never run in mode plan"));
  EXPECT_EQ(rig.last("mode.set").at("untested"), version_of(one_file()));
  EXPECT_EQ(mode_in(rig), Mode::auto_);
  ASSERT_TRUE(rig.ask(Reload{edited(), nullptr, rule(TestsRule::required)}));
  EXPECT_EQ(mode_in(rig), Mode::propose);
  ASSERT_TRUE(rig.ask(Reload{one_file(), nullptr, rule(TestsRule::required)}));
  EXPECT_EQ(mode_in(rig), Mode::auto_) << "the version that was let is in force again";
}

TEST(Versions, WhatItsControlsDemandIsTestedWithIt) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  const auto answer = rig.ask(Reload{evil(), nullptr, rule(TestsRule::required)});
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->at("untested").size(), 1U) << "the tests are gone, and what acts is not what they were of";
  EXPECT_THAT(answer->at("untested")[0].get<std::string>(), HasSubstr("demand something else now"));
  EXPECT_THAT(answer->at("untested")[0].get<std::string>(), HasSubstr("its tests passed with"));
  EXPECT_EQ(mode_in(rig), Mode::propose);
  rig.settle();
  EXPECT_EQ(rig.last("run.held").at("guard"), "mode");
  EXPECT_EQ(rig.count("step.intended"), 0U);
  rig.configure(evil());
  rig.remembered.tests = rule(TestsRule::required);
  rig.restart();
  rig.settle();
  EXPECT_EQ(mode_in(rig), Mode::propose);
  ASSERT_TRUE(rig.ask(Reload{one_file(), nullptr, rule(TestsRule::required)}));
  EXPECT_EQ(mode_in(rig), Mode::auto_) << "again as it was tested";
  ASSERT_TRUE(rig.ask(Reload{evil(), nullptr, told(evil(), true)}));
  EXPECT_EQ(mode_in(rig), Mode::auto_) << "tested with that";
  EXPECT_EQ(rig.last("workflow.tested").at("demands"), demands_of(evil()));
}

TEST(Versions, APersonLetsItOnWhatItsControlsDemandThen) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::auto_, "I have looked", true}));
  ASSERT_TRUE(rig.ask(Reload{evil(), nullptr, rule(TestsRule::required)}));
  EXPECT_EQ(mode_in(rig), Mode::propose);
  EXPECT_THAT(rig.core->capped(rig.core->config().workflows[0]), HasSubstr("a person let it act on"));
  EXPECT_FALSE(rig.ask(SetMode{"fix", Mode::auto_, "go"}));
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::auto_, "at that, too", true}));
  EXPECT_EQ(mode_in(rig), Mode::auto_);
  rig.restart();
  EXPECT_EQ(mode_in(rig), Mode::propose) << "the rig begins with the first configuration";
}

TEST(Versions, NamesAndTitlesOfControlsDemandNothing) {
  Config config = one_file();
  const std::string before = demands_of(config);
  config.controls[0].title = "another title";
  config.controls[0].owner = "ops";
  EXPECT_EQ(demands_of(config), before);
  Config elsewhere = one_file();
  elsewhere.controls[0].select.ids = {"/a", "/b"};
  EXPECT_NE(demands_of(elsewhere), before);
  Config more = one_file();
  more.controls.push_back(control("b", "/b", {{"exists", false}}));
  EXPECT_EQ(demands_of(more), before) << "it answers another one";
  more.workflows[0].answers.emplace_back().control = "b";
  EXPECT_NE(demands_of(more), before);
}

/// As an older version recorded it.
TEST(Versions, WhatWasTestedBeforeDemandsWereRecordedIsTestedAnew) {
  VersionTests older = told(one_file(), true);
  older.results[0].demands.clear();
  const auto made = begun(older);
  Rig& rig = *made;
  EXPECT_EQ(mode_in(rig), Mode::propose);
  EXPECT_THAT(rig.core->capped(rig.core->config().workflows[0]), HasSubstr("before it was recorded"));
  rig.remembered.tests = told(one_file(), true);
  rig.restart();
  EXPECT_EQ(mode_in(rig), Mode::auto_) << "a start plays the tests that are there";
}

TEST(Versions, OnlyAutoIsLet) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  EXPECT_FALSE(rig.ask(SetMode{"fix", Mode::plan, "no", true}));
  EXPECT_TRUE(rig.ask(SetMode{"fix", Mode::propose, "down is always open"}));
}

TEST(Versions, WhoHasRunInModePlanIsNotWarned) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::plan, "look first"}));
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.planned"), 1U);
  const auto answer = rig.ask(SetMode{"fix", Mode::auto_, "looks right"});
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->contains("warning")) << answer->dump();
}

TEST(Versions, WhatActsWithoutEverHavingPlannedIsToldOnce) {
  const auto made = begun(told(one_file(), true));
  Rig& rig = *made;
  const auto is_told = [&] {
    return std::ranges::count_if(rig.told,
                                 [](const std::string& line) { return line.contains("has never run in mode plan"); });
  };
  EXPECT_EQ(is_told(), 1) << "at the start";
  EXPECT_EQ(rig.last("workflow.unplanned").at("hash"), version_of(one_file()));
  rig.restart();
  EXPECT_EQ(is_told(), 1) << "a restart does not say it again";
  const auto again = rig.ask(Reload{one_file(), nullptr, told(one_file(), true)});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->at("unplanned").empty());
  const auto other = rig.ask(Reload{edited(), nullptr, told(edited(), true)});
  ASSERT_TRUE(other);
  ASSERT_EQ(other->at("unplanned").size(), 1U);
  EXPECT_THAT(other->at("unplanned")[0].get<std::string>(), HasSubstr("workflow fix acts by itself"));
  EXPECT_EQ(is_told(), 2);
}

TEST(Versions, WhatOnlyProposesOrHasPlannedIsNotTold) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  EXPECT_EQ(rig.count("workflow.unplanned"), 0U) << "untested, it only proposes";
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::plan, "look first"}));
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.planned"), 1U);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::auto_, "looks right", true}));
  const auto answer = rig.ask(Reload{one_file(), nullptr, told(one_file(), true)});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->at("unplanned").empty());
  EXPECT_EQ(rig.count("workflow.unplanned"), 0U);
}

TEST(Versions, WhatTheAnswerOfSetModeSaidIsNotSaidAgain) {
  const auto made = begun(rule(TestsRule::required));
  Rig& rig = *made;
  const auto let = rig.ask(SetMode{"fix", Mode::auto_, "I have looked", true});
  ASSERT_TRUE(let);
  ASSERT_THAT(let->at("warning").get<std::string>(), HasSubstr("never run in mode plan"));
  const auto answer = rig.ask(Reload{one_file(), nullptr, rule(TestsRule::required)});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->at("unplanned").empty());
}

TEST(Versions, TestsThatExpectNothingOfItAreNone) {
  const auto made = begun({TestsRule::required, {{"fix", version_of(one_file()), false, 0}}});
  EXPECT_EQ(mode_in(*made), Mode::propose);
  EXPECT_THAT(made->core->capped(made->core->config().workflows[0]), HasSubstr("expect nothing of its runs"));
}

TEST(Versions, AreTheSameWhenReadBack) {
  TestedVersions versions;
  versions.take({"a", "1", true, 3, "d"});
  versions.take({"c", "1", true, 3});
  versions.let("a", {"2", "e"});
  versions.let("c", {"2"});
  versions.told_unplanned("b", "4");
  EXPECT_TRUE(versions.planned("b", "3"));
  EXPECT_FALSE(versions.planned("b", "3"));
  const auto again = TestedVersions::from_json(versions.to_json());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, versions);
  versions.forget("a");
  versions.forget("b");
  versions.forget("c");
  EXPECT_EQ(versions, TestedVersions{});
}

}  // namespace
}  // namespace aright::engine::test
