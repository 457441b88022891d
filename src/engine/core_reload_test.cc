// A configuration takes the place of another while runs are open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Config wants(const std::string& content) {
  Config config = one_file();
  config.controls[0].desired.fields["content"] = content;
  return config;
}

TEST(Reload, AnotherControlIsInForceAtOnce) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  const std::string old = rig.core->config().controls[0].hash();
  const auto answer = rig.ask(Reload{wants("better"), nullptr});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("changed"), Json({"control a changed"}));
  EXPECT_EQ(rig.last("definition.loaded").at("old"), old);
  EXPECT_EQ(rig.last("definition.loaded").at("hash"), wants("better").controls[0].hash());
  EXPECT_EQ(rig.last("config.reloaded").at("by"), "alice");
  EXPECT_NE(rig.last("config.reloaded").at("old"), rig.last("config.reloaded").at("new"));
  rig.settle();  // nobody has touched the file: it is wrong now because the control says so
  EXPECT_EQ(rig.driver.state("/a").at("content"), "better");
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.last("run.created").at("control_hash"), wants("better").controls[0].hash());
}

TEST(Reload, WhichLimitIsAnotherIsTold) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  Config config = one_file();
  const auto changed = [&] {
    const auto answer = rig.ask(Reload{config, nullptr});
    EXPECT_TRUE(answer);
    return answer ? answer->at("changed") : Json();
  };
  config.limits.waiting = 100;
  EXPECT_EQ(changed(), Json({"limits waiting 10000 to 100"}));
  config.limits.drivers["exec"] = 2;
  config.limits.runs = 7;
  EXPECT_EQ(changed(), Json({"limits runs 128 to 7", "limits drivers changed"}));
  EXPECT_EQ(changed(), Json::array());
  config.limits = {};
  EXPECT_EQ(changed(), Json({"limits runs 7 to 128", "limits waiting 100 to 10000", "limits drivers changed"}));
}

TEST(Reload, TheSameAgainChangesNothingAndIsRecorded) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  const auto answer = rig.ask(Reload{one_file(), nullptr});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("changed"), Json::array());
  EXPECT_EQ(rig.last("config.reloaded").at("old"), rig.last("config.reloaded").at("new"));
  EXPECT_EQ(rig.count("definition.loaded"), 2U);
}

TEST(Reload, AnOpenRunKeepsTheVersionItBeganWith) {
  Rig rig(two_steps());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);  // its effect waits to be performed
  ASSERT_EQ(rig.count("run.running"), 1U);
  Config next = two_steps();
  next.workflows[0].steps = {Step{}};
  next.controls[0].desired.fields["content"] = "better";
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/q").at("content"), "new") << "the second step of the old version";
  ASSERT_GE(rig.count("run.succeeded"), 1U);
  rig.pass(30s);
  EXPECT_EQ(rig.driver.state("/a").at("content"), "better") << "then the new one has its say";
}

TEST(Reload, AnApprovalOfAnOlderDefinitionLapsesAndTheFindingIsAnsweredAnew) {
  Config config = two_steps();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  Config next = config;
  next.workflows[0].steps = {Step{}, own("/q", "other")};
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  EXPECT_EQ(rig.last("review.decided").at("decision"), "lapsed");
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  EXPECT_EQ(rig.review(), 2U) << "no time has passed";
  EXPECT_FALSE(rig.ask(Approve{1, "as shown"}));
  rig.settle();
  rig.pass(30s);
  EXPECT_EQ(rig.driver.state("/q").at("content"), "old") << "nobody has approved the new one";
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "as it is now"}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/q").at("content"), "other");
}

TEST(Reload, AfterARestartAnOpenRunStillHasItsOldVersion) {
  const Config config = two_steps();
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);  // its effect waits to be performed
  const std::string version = rig.last("run.created").at("version").get<std::string>();
  Config next = config;
  next.workflows[0].steps = {Step{}};
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  EXPECT_EQ(rig.core->projection().definitions().at("workflow fix"), next.workflows[0].version());
  rig.configure(next);
  rig.remembered.workflows = {config.workflows.at(0)};
  rig.restart();
  EXPECT_EQ(rig.core->projection().runs().begin()->second.version, version);
}

TEST(Reload, FindingsOfARemovedControlAreDismissedAndTheirQuestionsClosed) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  config.controls.push_back(control("b", "/b", {{"exists", true}, {"content", "good"}}));
  config.workflows[0].answers.push_back({"b", "", std::nullopt});
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.changes("/b", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 2U);
  Config next = config;
  next.controls.erase(next.controls.begin());
  next.workflows[0].answers.erase(next.workflows[0].answers.begin());
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.last("finding.dismissed").at("by"), "control removed");
  EXPECT_EQ(rig.last("definition.removed").at("name"), "a");
  EXPECT_EQ(rig.count("finding.dismissed"), 1U);
  EXPECT_EQ(rig.count("run.cancelled"), 2U) << "the other one is asked about anew: its workflow has changed";
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  EXPECT_EQ(rig.core->projection().findings().begin()->second.control, "b");
  rig.changes("/a", "worse");
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 2U) << "nobody looks at it any more";
  ASSERT_TRUE(rig.ask(Reload{config, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("episode"), 2) << "the control is back, and so is what it says";
}

TEST(Reload, ASubjectNoLongerLookedAtIsDismissedToo) {
  Config config = one_file();
  config.workflows[0].mode = Mode::observe;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.driver.unreadable["/a"] = {Errc::denied, Retry::no, "no"};
  rig.hint("/a");
  rig.settle();
  ASSERT_EQ(rig.core->troubles().size(), 1U);
  Config next = config;
  next.controls[0].select.ids = {"/b"};
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  EXPECT_THAT(rig.core->troubles(), IsEmpty()) << "what nobody looks at is no trouble";
}

TEST(Reload, WithoutItsSubjectAFindingEnds) {
  Config config = one_file();
  config.workflows[0].mode = Mode::observe;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  Config next = config;
  next.controls[0].select.ids = {"/b"};
  ASSERT_TRUE(rig.ask(Reload{next, nullptr}));
  EXPECT_EQ(rig.last("finding.dismissed").at("by"), "the control no longer looks at it");
  EXPECT_THAT(rig.core->projection().findings(), IsEmpty());
}

TEST(Reload, ModesThatWereSetSurviveAndALoweredCeilingIsToldAndHolds) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::propose, "careful"}));
  ASSERT_TRUE(rig.ask(Reload{wants("better"), nullptr}));
  EXPECT_EQ(rig.core->mode_of(rig.core->config().workflows[0]), Mode::propose);
  Config lower = wants("better");
  lower.workflows[0].mode = Mode::plan;
  const auto answer = rig.ask(Reload{lower, nullptr});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("changed"), Json({"workflow fix ceiling auto to plan"}));
  EXPECT_EQ(rig.core->mode_of(rig.core->config().workflows[0]), Mode::plan);
  rig.settle();
  EXPECT_TRUE(rig.driver.applied.empty());
}

TEST(Reload, AChangedWorkflowPlansAnewButAPersonsNoStays) {
  Config config = one_file();
  config.workflows[0].mode = Mode::plan;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.planned"), 1U);
  ASSERT_TRUE(rig.ask(Reload{config, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.count("run.planned"), 1U) << "nothing has changed";
  config.workflows[0].steps[0].act = Step::Ensure{{}, 9s};
  ASSERT_TRUE(rig.ask(Reload{config, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.count("run.planned"), 2U);
  Config propose = one_file();
  propose.workflows[0].mode = Mode::propose;
  ASSERT_TRUE(rig.ask(Reload{propose, nullptr}));
  rig.settle();
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  propose.workflows[0].steps[0].act = Step::Ensure{{}, 8s};
  ASSERT_TRUE(rig.ask(Reload{propose, nullptr}));
  rig.settle();
  EXPECT_EQ(rig.count("run.denied"), 1U);
  EXPECT_THAT(rig.core->projection().runs(), IsEmpty());
}

TEST(Reload, ARefusalIsRecordedAndChangesNothing) {
  Rig rig(one_file());
  rig.start();
  ASSERT_TRUE(rig.ask(ReloadRefused{2, "controls/a.yaml:3:1: unknown field"}));
  EXPECT_EQ(rig.last("config.refused").at("mistakes"), 2);
  EXPECT_EQ(rig.last("config.refused").at("first"), "controls/a.yaml:3:1: unknown field");
  EXPECT_EQ(rig.core->figures().reload_refusal, "controls/a.yaml:3:1: unknown field: the first of 2 mistakes");
  EXPECT_THAT(rig.told, Contains(HasSubstr("refused")));
  ASSERT_TRUE(rig.ask(Reload{one_file(), nullptr}));
  EXPECT_EQ(rig.core->figures().reload_refusal, "");
  EXPECT_EQ(rig.core->figures().reloads, 1U);
  EXPECT_EQ(rig.core->figures().reloads_refused, 1U);
}

TEST(Reload, NotWhileItStops) {
  Rig rig(one_file());
  rig.start();
  rig.feed(Draining{});
  const auto answer = rig.ask(Reload{wants("better"), nullptr});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
  EXPECT_EQ(rig.core->config().controls[0].hash(), one_file().controls[0].hash());
}

TEST(Reload, WhatStartFindsGoneIsDismissedAsAReloadWould) {
  Config config = one_file();
  config.workflows[0].mode = Mode::observe;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.configure(Config{{control("b", "/b", {{"content", "good"}})}, {workflow("fix", {"b"})}, {}});
  rig.restart();
  EXPECT_EQ(rig.last("finding.dismissed").at("by"), "control removed");
  EXPECT_EQ(rig.last("definition.removed").at("name"), "a");
}

/// What mode propose asked people before stays theirs, and whoever lets it act is told.
TEST(Reload, NamesWhatIsStillAskedOfAWorkflowThatMayActNow) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.ask(Reload{config, nullptr})->at("waiting"), Json::array());
  config.workflows[0].mode = Mode::auto_;
  const auto answer = rig.ask(Reload{config, nullptr});
  ASSERT_TRUE(answer);
  const std::string line =
      "workflow fix: 1 review of it that its mode asked for still waits for a person: `aright reviews approve "
      "--workflow fix` shows and approves each";
  EXPECT_EQ(answer->at("waiting"), Json({line}));
  EXPECT_THAT(rig.told, Contains(line));
  EXPECT_EQ(rig.ask(Reload{config, nullptr})->at("waiting"), Json::array()) << "once";
}

}  // namespace
}  // namespace aright::engine::test
