// A yes that let nothing happen says so in its review: it is no approval that anybody goes by (docs/decisions/0181).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_teams_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class InVain : public Teams {
 protected:
  [[nodiscard]] Json row(std::uint64_t review) const { return rig->stored("review", fmt::format("{:012}", review)); }
};

/// Also where the daemon ends between the yes and the look at what is there.
TEST_F(InVain, AYesToWhatReadsOtherwiseByNowNamesTheReviewThatCameOfIt) {
  for (const bool restarted : {false, true}) {
    make(asking(team_ops(2)));
    const std::uint64_t first = rig->review();
    ASSERT_TRUE(yes("alice"));
    rig->driver.states["/a"] = file("worse");
    ASSERT_TRUE(yes("bob"));
    EXPECT_FALSE(row(first).contains("in_vain")) << "not known yet";
    if (restarted) rig->restart();
    rig->settle();
    ASSERT_EQ(rig->last("run.held").at("guard"), "approval");
    const Json closed = row(first);
    EXPECT_EQ(closed.at("state"), "approved");
    EXPECT_EQ(closed.at("in_vain"), fmt::format("asked anew as review {}", rig->review()));
    EXPECT_EQ(closed.at("yes").size(), 2U) << "nothing else of it is lost";
    EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "") << "nor decided by them";
    ASSERT_TRUE(yes("alice"));
    ASSERT_TRUE(yes("bob"));
    const std::uint64_t second = first + 1;
    rig->settle();
    ASSERT_EQ(rig->count("run.succeeded"), 1U);
    EXPECT_FALSE(row(second).contains("in_vain"));
    EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), fmt::format("alice, bob (review {})", second));
    EXPECT_FALSE(rig->stored("run", fmt::format("{:012}", 1)).contains("answered"));
  }
}

TEST_F(InVain, AYesAfterWhichNothingWasLeftToDoSaysThat) {
  make(asking(team_ops()));
  const std::uint64_t asked = rig->review();
  rig->driver.states["/a"] = file("good");
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  ASSERT_EQ(rig->count("run.cancelled"), 1U);
  EXPECT_EQ(row(asked).at("in_vain"), rig->last("run.cancelled").at("reason"));
  EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "");
}

/// Whoever let its first half go did decide about it.
TEST_F(InVain, AYesToAStepLeavesWhoHadDecidedBefore) {
  Config config = asking(team_ops());
  config.workflows[0].steps = {
      Step{}, {Step::Approve{.team = "", .text = "and more?", .expires = 1h}}, own("/q", "new")};
  make(config);
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approve");
  ASSERT_TRUE(yes("bob"));
  rig->driver.states["/q"] = file("another");
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_EQ(row(2).at("in_vain"), "asked anew as review 3");
  EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "alice (review 1)");
}

/// By steps of its workflow, before and behind another.
Config asking_twice(Step between) {
  Config config = asking(team_ops());
  config.notify.notifiers = {{.name = "mail"}};
  config.workflows[0].steps = {{Step::Approve{.team = "", .text = "first?", .expires = 1h}},
                               std::move(between),
                               {Step::Approve{.team = "", .text = "second?", .expires = 1h}},
                               Step{}};
  config.workflows[0].mode = Mode::auto_;
  return config;
}

/// It has led to the wait, whatever is asked after that.
TEST_F(InVain, AYesBeforeAWaitHasBeenHeard) {
  make(asking_twice(Step{Step::Wait{2s}}));
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  ASSERT_EQ(rig->count("run.waiting"), 1U);
  rig->pass(3s);
  ASSERT_EQ(rig->last("run.held").at("guard"), "approve");
  EXPECT_FALSE(row(1).contains("in_vain"));
  EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "alice (review 1)");
}

/// What is told is no effect, and yet it went by the yes before it.
TEST_F(InVain, AYesBeforeAnotherQuestionHasBeenHeard) {
  make(asking_twice(Step{Step::Notify{"mail", "", "goes on", Level::high}}));
  ASSERT_TRUE(yes("alice"));
  rig->settle();
  ASSERT_EQ(rig->count("run.held"), 2U);
  EXPECT_FALSE(row(1).contains("in_vain"));
  EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "alice (review 1)");
  ASSERT_TRUE(yes("bob"));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

/// What an older version recorded says nothing of it, and is replayed as it was stored.
TEST_F(InVain, AnOlderLogIsReplayedAsItWas) {
  make(asking(team_ops()));
  ASSERT_TRUE(yes("alice"));
  Projection older;
  Projection now;
  for (Json entry : rig->entries) {
    ASSERT_TRUE(now.apply(entry));
    if (entry.at("kind") == "review.decided") {
      entry.erase("is_planned");
      entry.erase("decided_before");
    }
    ASSERT_TRUE(older.apply(entry));
  }
  EXPECT_FALSE(now.runs().begin()->second.answered.empty());
  EXPECT_TRUE(older.runs().begin()->second.answered.empty());
}

TEST_F(InVain, AnAcknowledgementHasItsTime) {
  make(asking(team_ops()));
  ASSERT_TRUE(ask(Acknowledge{rig->review(), "on it"}, {1000, "bob", {}}));
  EXPECT_EQ(row(rig->review()).at("acknowledged_at"), rfc3339(rig->now.wall));
  EXPECT_EQ(row(rig->review()).at("acknowledged_by"), "bob");
}

}  // namespace
}  // namespace aright::engine::test
