// Teams: who decides, how many it takes, who else is told, and what a definition's age does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_teams_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(Teams, OnlyMembersDecideByNameOrGroup) {
  make(asking(team_ops()));
  const auto refused = yes("mallory");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("user alice, user bob, user carol, group wheel"));
  EXPECT_FALSE(ask(Deny{rig->review(), "no"}, {1000, "mallory", {}}));
  EXPECT_FALSE(ask(Acknowledge{rig->review(), "seen"}, {1000, "mallory", {}}));
  ASSERT_TRUE(yes("dave", {"users", "wheel"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->last("review.approved").at("editors"), "not known");
}

TEST_F(Teams, NobodySaysYesToWhatItsModeLetsNobodyDo) {
  make(asking(team_ops(2)));
  for (const Mode mode : {Mode::off, Mode::plan}) {
    ASSERT_TRUE(ask(SetMode{"fix", mode, "not now"}, {1000, "alice", {}}));
    const auto refused = yes("bob");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message,
                HasSubstr("fix is in mode " + std::string(name(mode)) + ": nothing of it is done"));
    EXPECT_EQ(rig->count("review.approved"), 0U);
  }
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "go on"}, {1000, "alice", {}}));
  ASSERT_TRUE(yes("bob"));
}

TEST_F(Teams, AQuorumTakesDistinctPeopleAlsoOverARestart) {
  make(asking(team_ops(2)));
  const auto first = yes("alice");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->at("approvals"), 1);
  EXPECT_EQ(first->at("needed"), 2);
  EXPECT_FALSE(yes("alice")) << "twice the same is no two";
  rig->restart();
  rig->settle();
  EXPECT_FALSE(yes("alice"));
  EXPECT_EQ(rig->count("step.intended"), 0U);
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->last("review.decided").at("approvers"), Json({"alice", "bob"}));
}

TEST_F(Teams, WhatOneOfTwoApprovedLapsesWithItsPlan) {
  make(asking(team_ops(2)));
  ASSERT_TRUE(yes("alice"));
  rig->driver.states["/a"] = file("worse");
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_TRUE(review().yes.empty()) << "both have to look again";
  EXPECT_EQ(rig->count("step.intended"), 0U);
}

TEST_F(Teams, AYesIsToThePlanThatWasSeen) {
  make(asking(team_ops()));
  const std::string seen = review().plan_hash;
  EXPECT_FALSE(ask(Approve{rig->review(), "yes", std::string(64, '0')}, {1000, "alice", {}}));
  ASSERT_TRUE(ask(Approve{rig->review(), "yes", seen}, {1000, "alice", {}}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, WhoAskedForTheRunDoesNotApproveIt) {
  make(asking(team_ops()));
  const aright::Run first = rig->core->projection().runs().begin()->second;
  ASSERT_TRUE(ask(Deny{rig->review(), "not now"}, {1000, "alice", {}}));
  ASSERT_TRUE(rig->core->projection().runs().empty());
  rig->feed(Asked{2, RetryRun{first.id, first.finding, "fix", "after all"}, {1000, "bob", {}}});
  rig->settle();
  ASSERT_EQ(rig->core->projection().reviews().size(), 1U);
  const auto own = yes("bob");
  ASSERT_FALSE(own);
  EXPECT_THAT(own.error().message, HasSubstr("asked for this run"));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Teams, WhoReloadedADefinitionLastDoesNotApproveIt) {
  Config config = asking(team_ops());
  rig = std::make_unique<Rig>(config);
  rig->start();
  rig->settle();
  config.workflows[0].steps[0].retry.times = 1;
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}, "carol"));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_FALSE(yes("carol"));
  EXPECT_TRUE(yes("alice"));
  EXPECT_EQ(rig->last("review.approved").at("editors"), Json({"carol"}));
}

TEST_F(Teams, OnlyMembersRaiseAModeAndAnybodyLowersIt) {
  Config config = asking(team_ops());
  config.workflows[0].mode = Mode::auto_;
  make(config);
  EXPECT_TRUE(ask(SetMode{"fix", Mode::observe, "careful"}, {1000, "mallory", {}}));
  EXPECT_FALSE(ask(SetMode{"fix", Mode::auto_, "go"}, {1000, "mallory", {}}));
  EXPECT_TRUE(ask(SetMode{"fix", Mode::auto_, "go"}, {1000, "alice", {}}));
}

TEST_F(Teams, ADenialAsksForAMarkAndTakesOne) {
  make(asking(team_ops()));
  const std::string finding = rig->core->projection().findings().begin()->first;
  const auto denied = ask(Deny{rig->review(), "it is fine"}, {1000, "alice", {}});
  ASSERT_TRUE(denied);
  EXPECT_THAT(denied->at("was_it_right").get<std::string>(), HasSubstr("aright findings mark " + finding));
  rig->driver.states["/a"] = file("worse");
  rig->hint("/a");
  rig->settle();
  rig->pass(30s);
  ASSERT_EQ(rig->core->projection().reviews().size(), 1U);
  ASSERT_TRUE(ask(Deny{rig->review(), "fine too", Judgement::false_positive}, {1000, "alice", {}}));
  EXPECT_EQ(rig->last("finding.marked").at("as"), "false-positive");
  EXPECT_EQ(rig->last("finding.marked").at("finding"), finding);
}

Team climbing() {
  Team team = team_ops();
  team.ladder = {{0s, {"mail"}, ""}, {10min, {"chat"}, ""}, {1min, {"phone"}, ""}};
  return team;
}

Config patient(Team team) {
  Config config = asking(std::move(team));
  config.workflows[0].review_within = 48h;
  return config;
}

TEST_F(Teams, ALadderClimbsInItsTimeAndItsLastRungRepeats) {
  make(patient(climbing()));
  ASSERT_EQ(rig->count("review.escalated"), 1U);
  EXPECT_EQ(rig->last("review.escalated").at("to"), Json({"mail"}));
  rig->pass(9min);
  EXPECT_EQ(rig->count("review.escalated"), 1U);
  rig->pass(90s);
  EXPECT_EQ(rig->count("review.escalated"), 2U);
  rig->pass(1min);
  EXPECT_EQ(rig->last("review.escalated").at("to"), Json({"phone"}));
  rig->pass(4min);
  EXPECT_EQ(rig->count("review.escalated"), 3U);
  rig->pass(2min);
  EXPECT_EQ(rig->count("review.escalated"), 4U) << "again, five minutes later at the earliest";
}

TEST_F(Teams, ATimeInWhichNothingRanEndsInOneRung) {
  make(patient(climbing()));
  rig->now.boot += 5h;
  rig->now.wall += 5h;
  rig->restart();
  EXPECT_EQ(rig->count("review.escalated"), 2U);
  rig->settle();
  rig->pass(30s);
  EXPECT_EQ(rig->count("review.escalated"), 2U);
}

TEST_F(Teams, AcknowledgingStopsTheClimbAlsoOverARestart) {
  make(patient(climbing()));
  ASSERT_TRUE(ask(Acknowledge{rig->review(), "on it"}, {1000, "bob", {}}));
  EXPECT_FALSE(ask(Acknowledge{rig->review(), "me too"}, {1000, "alice", {}}));
  rig->pass(1h);
  rig->restart();
  rig->pass(1h);
  EXPECT_EQ(rig->count("review.escalated"), 1U);
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Teams, ARungMayLetAnotherTeamDecide) {
  Team team = team_ops();
  team.ladder = {{10min, {}, "managers"}};
  Config config = patient(team);
  Team managers;
  managers.name = "managers";
  managers.users = {"mia"};
  managers.notifiers = {"pager"};
  config.teams.push_back(managers);
  make(config);
  EXPECT_FALSE(yes("mia"));
  rig->pass(11min);
  EXPECT_EQ(rig->last("review.escalated").at("to"), Json({"pager"}));
  EXPECT_TRUE(yes("mia"));
}

/// The finding's file, a yes, then /q.
Config with_step(OnFailure on_failure, bool teams = true) {
  Config config = two_steps();
  Step asks{Step::Approve{"", "is the other side of ${ finding.subject.id } ready?", 4h, 2U}};
  config.workflows[0].steps = {Step{}, asks, own("/q", "new")};
  config.workflows[0].on_failure = on_failure;
  if (teams) config.teams = {team_ops()};
  return config;
}

TEST_F(Teams, AStepApproveWaitsForItsQuorumAndGivesEverythingBack) {
  make(with_step(OnFailure::roll_back));
  ASSERT_EQ(rig->last("run.held").at("guard"), "approve");
  EXPECT_EQ(rig->last("run.held").at("text"), "is the other side of /a ready?");
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  ASSERT_TRUE(yes("alice"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
  EXPECT_EQ(rig->driver.applied.size(), 2U);
}

TEST_F(Teams, TwoStepsApproveOneAfterTheOther) {
  Config config = with_step(OnFailure::roll_back);
  config.workflows[0].steps.insert(config.workflows[0].steps.begin() + 2,
                                   Step{Step::Approve{"", "and really?", 4h, 1U}});
  make(config);
  ASSERT_TRUE(yes("alice"));
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->last("run.held").at("text"), "and really?");
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  EXPECT_EQ(rig->count("run.held"), 2U);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
  for (const char* review : {"000000000001", "000000000002"}) {
    EXPECT_FALSE(rig->stored("review", review).contains("in_vain")) << review;
  }
}

TEST_F(Teams, AStepsQuorumTakesDifferentPeopleAlsoWhereThereAreNoTeams) {
  make(with_step(OnFailure::roll_back, false));
  ASSERT_EQ(rig->last("run.held").at("quorum"), 2);
  const auto first = yes("alice");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->at("approvals"), 1);
  EXPECT_EQ(first->at("needed"), 2);
  EXPECT_FALSE(yes("alice"));
  EXPECT_EQ(review().yes.size(), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  ASSERT_TRUE(yes("mallory"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("review.approved"), 2U);
  EXPECT_EQ(rig->last("review.approved").at("quorum"), 2);
  EXPECT_EQ(rig->last("review.decided").at("approvers"), Json({"alice", "mallory"}));
  EXPECT_EQ(rig->last("review.decided").at("quorum"), 2);
}

TEST_F(Teams, WithoutTeamsRootDecidesAQuorumAloneOnlyAsBreakGlass) {
  make(with_step(OnFailure::roll_back, false));
  const auto first = ask(Approve{rig->review(), "now"}, {0, "root", {"root"}});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->at("state"), "held") << "one of two";
  ASSERT_TRUE(ask(Approve{rig->review(), "nobody else is there"}, {0, "root", {"root"}, true}));
  EXPECT_EQ(rig->last("review.decided").at("break_glass"), true);
  EXPECT_EQ(rig->last("review.decided").at("approvers"), Json({"root"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, AStepApproveIsBoundToWhatIsLeft) {
  make(with_step(OnFailure::roll_back));
  ASSERT_TRUE(yes("alice"));
  rig->driver.states["/q"] = file("somebody's");
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_EQ(rig->driver.state("/q"), file("somebody's"));
  rig->driver.states["/q"] = file("somebody else's");
  EXPECT_FALSE(yes("alice")) << "also before the last yes";
  rig->settle();
  EXPECT_THAT(rig->last("run.held").at("reason").get<std::string>(), testing::HasSubstr("is not as it was shown"));
  ASSERT_TRUE(yes("alice"));
  EXPECT_EQ(rig->count("run.succeeded"), 0U) << "the step's quorum holds again";
  ASSERT_TRUE(yes("carol"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Teams, AStepApproveAsksAgainWithWhatCouldNotBePlannedBefore) {
  make(with_step(OnFailure::roll_back));
  ASSERT_TRUE(yes("alice"));
  rig->driver.unreadable["/q"] = {Errc::unavailable, Retry::yes, "cannot be read"};
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "plan");
  rig->driver.unreadable.clear();
  rig->driver.states["/q"] = file("somebody's");
  ASSERT_TRUE(yes("alice"));
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approve") << rig->last("run.held").at("reason");
  EXPECT_FALSE(rig->last("run.held").at("plan_hash").get<std::string>().empty());
  EXPECT_EQ(rig->driver.state("/q"), file("somebody's"));
  ASSERT_TRUE(yes("alice"));
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

TEST_F(Teams, ADeniedStepTakesBackWhatWasMadeAndIsAnAnswer) {
  make(with_step(OnFailure::roll_back));
  ASSERT_TRUE(ask(Deny{rig->review(), "not ready"}, {1000, "alice", {}}));
  rig->settle();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  rig->pass(10min);
  EXPECT_EQ(rig->count("run.created"), 1U) << "a no holds while it reads as it did";
}

TEST_F(Teams, AnExpiredStepLeavesWhatContains) {
  make(with_step(OnFailure::review));
  rig->pass(5h);
  EXPECT_EQ(rig->count("run.expired"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

}  // namespace
}  // namespace aright::engine::test
