// A yes of several that it takes is said to what is: what has changed since it was asked about is asked about anew.
#include <gmock/gmock.h>

#include "core_teams_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// It is not counted, and people are asked about what is there now.
void expect_asked_anew(Rig& rig, const Result<Json>& answer) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::conflict);
  EXPECT_THAT(answer.error().message, HasSubstr("it reads otherwise than it was shown, so this yes is not counted"));
  EXPECT_EQ(rig.last("review.decided").at("decision"), "lapsed");
  rig.settle();
  EXPECT_EQ(rig.last("run.held").at("guard"), "approval");
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  EXPECT_TRUE(rig.core->projection().reviews().begin()->second.yes.empty());
}

TEST_F(Teams, AYesToWhatReadsOtherwiseByThenIsNotCounted) {
  make(asking(team_ops(2)));
  rig->driver.states["/a"] = file("worse");  // and nobody has said so
  expect_asked_anew(*rig, yes("alice"));
  EXPECT_EQ(rig->count("review.approved"), 0U);
  EXPECT_THAT(rig->last("run.held").at("reason").get<std::string>(), HasSubstr("than what people were asked about"));
  const auto first = yes("alice");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->at("approvals"), 1);
  EXPECT_THAT(first->at("note").get<std::string>(), HasSubstr("it reads as it was shown"));
  rig->driver.states["/a"] = file("worst");
  ASSERT_TRUE(yes("bob"));  // the last of them: planned anew in any case
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a"), file("worst"));
  ASSERT_TRUE(yes("alice"));
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
}

/// Its second rung lets the managers decide, of whom mia is one.
Config with_managers(std::uint32_t quorum) {
  Team team = team_ops(quorum);
  team.ladder = {{0s, {"mail"}, ""}, {10min, {}, "managers"}, {1h, {"phone"}, ""}};
  Config config = asking(team);
  config.workflows[0].review_within = 24h;
  Team managers;
  managers.name = "managers";
  managers.users = {"mia"};
  managers.notifiers = {"pager"};
  config.teams.push_back(managers);
  return config;
}

TEST_F(Teams, WhomARungHasLetDecideStillMayWhereItIsAskedAnew) {
  make(with_managers(2));
  rig->pass(11min);
  ASSERT_EQ(rig->count("review.escalated"), 2U);
  rig->driver.states["/a"] = file("worse");
  expect_asked_anew(*rig, yes("mia"));
  EXPECT_EQ(rig->last("run.held").at("also"), Json({"managers"}));
  EXPECT_EQ(rig->last("run.held").at("climbed"), 2);
  EXPECT_EQ(review().climbed, 2U);
  rig->restart();
  rig->settle();
  rig->pass(50min);
  EXPECT_EQ(rig->count("review.escalated"), 2U) << "the next rung counts from the new question";
  rig->pass(11min);
  ASSERT_EQ(rig->count("review.escalated"), 3U);
  EXPECT_EQ(rig->last("review.escalated").at("to"), Json({"phone"}));
  ASSERT_TRUE(yes("mia"));
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, SoMayHeWhereTheLastYesWasToAnotherPlan) {
  make(with_managers(1));
  rig->pass(11min);
  rig->driver.states["/a"] = file("worse");
  ASSERT_TRUE(yes("mia"));
  rig->settle();
  ASSERT_EQ(rig->count("run.held"), 2U);
  EXPECT_EQ(review().also, std::vector<std::string>{"managers"});
  ASSERT_TRUE(yes("mia"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, ALadderThatWasNotClimbedLeavesNothing) {
  Config config = with_managers(2);
  config.teams[0].ladder.erase(config.teams[0].ladder.begin());
  make(config);
  rig->driver.states["/a"] = file("worse");
  expect_asked_anew(*rig, yes("alice"));
  EXPECT_FALSE(rig->last("run.held").contains("climbed"));
  EXPECT_FALSE(yes("mia"));
}

TEST_F(Teams, AYesIsComparedWithAllThatItWouldChange) {
  Config config = two_steps();
  config.workflows[0].mode = Mode::propose;
  make(asking(team_ops(3), config));
  ASSERT_TRUE(yes("alice"));
  rig->driver.states["/q"] = file("somebody's");  // what no control looks at
  expect_asked_anew(*rig, yes("bob"));
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

TEST_F(Teams, AYesToWhatCannotBeReadIsNotCounted) {
  make(asking(team_ops(2)));
  rig->driver.unreadable["/a"] = {Errc::unavailable, Retry::yes, "no answer"};
  const auto answer = yes("alice");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("cannot be planned now: no answer; this yes is not counted"));
  EXPECT_EQ(review().yes.size(), 0U);
  rig->driver.unreadable.clear();
  ASSERT_TRUE(yes("alice"));
  EXPECT_EQ(review().yes.size(), 1U);
}

TEST_F(Teams, TwoWhoSayYesAtOnceLetItGo) {
  make(asking(team_ops(2)));
  const std::size_t answers = rig->answers.size();
  for (const char* who : {"alice", "bob"}) rig->feed(Asked{1, Approve{rig->review(), "yes"}, {1000, who, {}}});
  EXPECT_EQ(rig->answers.size(), answers) << "it is looked at";
  rig->settle();
  ASSERT_EQ(rig->answers.size(), answers + 2);
  EXPECT_EQ(rig->answers.back()->at("state"), "planning");
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, ANoWhileAYesIsComparedIsANo) {
  make(asking(team_ops(2)));
  rig->feed(Asked{1, Approve{rig->review(), "yes"}, {1000, "alice", {}}});
  rig->feed(Asked{2, Deny{rig->review(), "no"}, {1000, "bob", {}}});
  rig->settle();
  ASSERT_EQ(rig->answers.size(), 2U);
  EXPECT_THAT(rig->answers.front().error().message, HasSubstr("so this yes is not counted"));
  EXPECT_EQ(rig->count("run.denied"), 1U);
  EXPECT_EQ(rig->count("review.approved"), 0U);
}

/// A yes of one must not do what takes two, also where the guards would let it pass by now.
TEST_F(Teams, WhatIsAskedAnewIsAskedWhateverTheGuardsSayByThenAndOverARestart) {
  for (const bool restarts : {false, true}) {
    Config config = one_file();
    config.workflows[0].guards.threshold[0].runs = 1;
    config.teams = {team_ops(2)};
    make(config);
    ASSERT_EQ(rig->count("run.succeeded"), 1U);
    rig->changes("/a", "bad again");
    rig->settle();
    ASSERT_EQ(rig->last("run.held").at("guard"), "threshold");
    rig->pass(20min);
    rig->driver.states["/a"] = file("worse");
    ASSERT_FALSE(yes("alice"));
    if (restarts) rig->restart();
    rig->settle();
    EXPECT_EQ(rig->last("run.held").at("guard"), "approval");
    EXPECT_EQ(rig->driver.state("/a"), file("worse"));
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
  }
}

TEST_F(Teams, WhatAStepHadMadeIsTakenBackByANoWhileAYesIsCompared) {
  Config config = two_steps();
  config.workflows[0].steps = {Step{}, Step{Step::Approve{"", "ready?", 4h, 3U}}, own("/q", "new")};
  config.teams = {team_ops()};
  make(config);
  rig->feed(Asked{1, Approve{rig->review(), "yes"}, {1000, "carol", {}}});
  rig->feed(Asked{2, Deny{rig->review(), "not ready"}, {1000, "bob", {}}});
  rig->settle();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

}  // namespace
}  // namespace aright::engine::test
