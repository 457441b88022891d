// What a yes has let go, and has not begun, when the definitions or those who decide change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "changing_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config waits_before_all() {
  Config config = proposing();
  config.workflows[0].steps.insert(config.workflows[0].steps.begin(), Step{Step::Wait{4s}});
  return config;
}

Config with_another_end(Config config) {
  config.workflows[0].steps.back() = own("/q", "other");
  return config;
}

class LapseApproved : public Changing {
 protected:
  /// A yes has been said, and what it let go waits: for the end of a pause, or in a step `wait`.
  void approved(Config config, bool paused) {
    begin(std::move(config));
    if (paused) {
      ASSERT_TRUE(rig->ask(Pause{"p"}));
    }
    ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes", ""}));
    rig->settle();
    ASSERT_EQ(rig->core->projection().runs().at(1).state, RunState::waiting);
  }
  void resume() {
    ASSERT_TRUE(rig->ask(Resume{"go"}));
    rig->settle();
    rig->pass(10s);
  }
};

TEST_F(LapseApproved, WhatAPauseHoldsBackIsNotDoneByAnOldDefinition) {
  for (const bool by_restart : {false, true}) {
    approved(proposing(), true);
    change_to(with_another_end(proposing()), by_restart);
    EXPECT_THAT(rig->last("run.cancelled").at("reason").get<std::string>(),
                HasSubstr("approved by alice (review 1), but workflow fix has changed since"));
    resume();
    EXPECT_THAT(rig->driver.applied, IsEmpty()) << by_restart;
    ASSERT_EQ(reviews().size(), 1U) << "its finding is answered anew";
    ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes", ""}));
    rig->settle();
    EXPECT_EQ(rig->driver.state("/q"), file("other"));
  }
}

TEST_F(LapseApproved, NorWhatWaitsInAStep) {
  for (const bool by_restart : {false, true}) {
    approved(waits_before_all(), false);
    change_to(with_another_end(waits_before_all()), by_restart);
    rig->pass(10s);
    EXPECT_THAT(rig->driver.applied, IsEmpty()) << by_restart;
    EXPECT_EQ(reviews().size(), 1U);
  }
}

TEST_F(LapseApproved, NorWhatIsBeingPlannedBehindItsWait) {
  approved(waits_before_all(), false);
  rig->now.boot += 4s;
  rig->now.wall += 4s;
  rig->hint("/elsewhere");  // the wait is over, and the rest is being planned
  ASSERT_EQ(rig->core->projection().runs().at(1).state, RunState::planning);
  change_to(with_another_end(waits_before_all()), false);
  rig->pass(10s);
  EXPECT_THAT(rig->driver.applied, IsEmpty());
}

TEST_F(LapseApproved, NorByAWorkflowThatIsGone) {
  for (const bool by_restart : {false, true}) {
    approved(proposing(), true);
    Config without = proposing();
    without.workflows.clear();
    change_to(without, by_restart);
    resume();
    EXPECT_THAT(rig->driver.applied, IsEmpty()) << by_restart;
    EXPECT_THAT(reviews(), IsEmpty());
  }
}

TEST_F(LapseApproved, NorByTheOldTextOfAControl) {
  approved(proposing(), true);
  Config edited = proposing();
  edited.controls[0].desired.fields["content"] = "better";
  change_to(edited, false);
  resume();
  EXPECT_THAT(rig->driver.applied, IsEmpty());
  ASSERT_EQ(reviews().size(), 1U);
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes", ""}));
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a"), file("better"));
}

TEST_F(LapseApproved, NorOnTheYesOfSomebodyWhoDecidesNoMore) {
  for (const bool by_restart : {false, true}) {
    Config config = proposing();
    config.teams = {ops_of({"alice", "bob"})};
    approved(config, true);
    config.teams[0].users = {"bob"};
    change_to(config, by_restart);
    EXPECT_THAT(rig->last("run.cancelled").at("reason").get<std::string>(), HasSubstr("team ops has changed since"));
    resume();
    EXPECT_THAT(rig->driver.applied, IsEmpty()) << by_restart;
    EXPECT_FALSE(rig->ask(Approve{rig->review(), "yes", ""}, "alice"));
    ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes", ""}, "bob"));
    rig->settle();
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
  }
}

/// Its first effect was at the driver when the definition changed, and somebody else was there first.
TEST_F(LapseApproved, NorWhatWasUnderWayAndHasNotBegunAfterAll) {
  in_force = proposing();
  rig = std::make_unique<Rig>(in_force);
  rig->start();
  rig->settle();
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes", ""}));
  rig->settle(false);
  ASSERT_EQ(rig->count("step.intended"), 1U);
  rig->driver.on_apply = [](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    return fail(Errc::conflict, "somebody was here");
  };
  change_to(with_another_end(proposing()), false);
  rig->driver.on_apply = nullptr;
  rig->pass(10s);
  EXPECT_THAT(rig->driver.applied, IsEmpty());
  EXPECT_EQ(rig->count("step.intended"), 1U);
  EXPECT_EQ(reviews().size(), 1U);
}

/// The team of the step has said yes, not that of its workflow.
TEST_F(LapseApproved, AStepsOwnTeamIsTheOneThatCounts) {
  Config config = proposing();
  config.workflows[0].mode = Mode::auto_;
  config.workflows[0].steps.insert(config.workflows[0].steps.begin(),
                                   Step{Step::Approve{"night", "go on?", 4h, std::nullopt}});
  config.teams = {ops_of({"alice"}), ops_of({"alice"})};
  config.teams[1].name = "night";
  approved(config, true);
  Config others = config;
  others.teams[0].users = {"erin"};
  change_to(others, false);
  EXPECT_EQ(rig->count("run.cancelled"), 0U) << "ops was not asked";
  others.teams[1].users = {"erin"};
  change_to(others, false);
  EXPECT_EQ(rig->count("run.cancelled"), 1U);
}

/// Nothing has changed: what was approved is done, once.
TEST_F(LapseApproved, AReloadWithoutAChangeLeavesIt) {
  Config config = proposing();
  config.teams = {ops_of({"alice", "bob"})};
  approved(config, true);
  change_to(config, false);
  config.teams[0].notifiers = {"pager"};
  change_to(config, false);
  resume();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("review.decided"), 1U);
}

/// Its way back is defined by what it began with.
TEST_F(LapseApproved, WhatHasBegunGoesOn) {
  Config config = proposing();
  config.workflows[0].steps.insert(config.workflows[0].steps.begin() + 1, Step{Step::Wait{4s}});
  approved(config, false);
  ASSERT_EQ(rig->driver.state("/a"), file("good"));
  change_to(with_another_end(config), false);
  rig->pass(10s);
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

/// Its wait is not waited out as after a try: what is in force answers at once.
TEST_F(LapseApproved, AModeThatDoesNotAskAnswersAtOnce) {
  approved(waits_before_all(), false);
  Config edited = with_another_end(proposing());
  edited.workflows[0].mode = Mode::auto_;
  change_to(edited, false);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("other"));
}

}  // namespace
}  // namespace aright::engine::test
