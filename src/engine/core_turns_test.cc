// Runs that wait for others: on one subject only where something is to itself, and for a turn among the programs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

TEST(Turns, KeepTheOrderOfThoseThatWait) {
  Turns turns(3);
  const auto take = [&](std::uint64_t run) { return turns.take(run, Level::high); };
  EXPECT_TRUE(take(5));
  EXPECT_TRUE(take(1));
  EXPECT_FALSE(take(9)) << "the third turn is kept";
  EXPECT_FALSE(take(3));
  EXPECT_FALSE(take(9)) << "and keeps its place";
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.give_back(5);
  turns.give_back(5);
  EXPECT_EQ(turns.next(), 9U);
  EXPECT_TRUE(take(9));
  EXPECT_THAT(turns.waiting(), ElementsAre(Field(&Turns::Waiter::run, 3U)));
  turns.leave(3);
  turns.give_back(1);
  EXPECT_EQ(turns.next(), std::nullopt);
  EXPECT_TRUE(Turns(0).take(1, Level::low)) << "something must go on";
}

TEST(Turns, SevereOnesGoFirstAndOneTurnIsKeptForCriticalOnes) {
  Turns turns(2);
  EXPECT_EQ(turns.limit(Level::high), 1U);
  EXPECT_EQ(turns.limit(Level::critical), 2U);
  EXPECT_TRUE(turns.take(1, Level::low));
  EXPECT_FALSE(turns.take(2, Level::low));
  EXPECT_FALSE(turns.take(3, Level::high));
  EXPECT_FALSE(turns.take(4, Level::high));
  EXPECT_TRUE(turns.take(5, Level::critical));
  EXPECT_FALSE(turns.take(6, Level::critical));
  turns.give_back(1);
  EXPECT_EQ(turns.next(), 6U);
  EXPECT_TRUE(turns.take(6, Level::critical));
  EXPECT_EQ(turns.next(), std::nullopt) << "all turns are taken";
  turns.give_back(5);
  EXPECT_EQ(turns.next(), 3U);
  EXPECT_TRUE(turns.take(3, Level::high));
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.give_back(3);
  EXPECT_EQ(turns.next(), 4U);
}

TEST(Turns, WhatGrowsGoesBeforeWhatDidNot) {
  Turns turns(2);
  EXPECT_TRUE(turns.take(1, Level::high));
  EXPECT_FALSE(turns.take(2, Level::high));
  EXPECT_FALSE(turns.take(3, Level::high));
  EXPECT_FALSE(turns.weighs_anew(1, Level::critical)) << "it waits for nothing";
  EXPECT_TRUE(turns.weighs_anew(3, Level::critical));
  EXPECT_EQ(turns.next(), 3U) << "one turn is kept for such";
}

/// Those that findings which are not critical may have.
constexpr std::size_t turns_there_are = errands_at_once - guard::reserved(errands_at_once);
constexpr std::size_t flood_size = turns_there_are + 3;

class Waiting : public Events {
 protected:
  /// A second workflow for the same findings.
  static Config two_workflows() {
    Config config = configuration(Mode::auto_);
    config.workflows.push_back(config.workflows[0]);
    config.workflows[1].name = "tell";
    return config;
  }
  /// Intentions without an end, as the entries have it.
  [[nodiscard]] std::size_t announced() const {
    std::size_t open = 0;
    for (const Json& e : rig.entries) {
      if (e.at("kind") == "step.intended") ++open;
      if (e.at("kind") == "step.done") --open;
    }
    return open;
  }
  void flood() {
    std::vector<std::string> addresses;
    for (std::size_t i = 1; i <= flood_size; ++i) addresses.push_back(fmt::format("192.0.2.{}", i));
    rig.feed(batch(addresses));
    rig.settle(false);
  }
};

TEST_F(Waiting, WhereTwoMayBeAtWorkOnASubjectASlowProgramHoldsUpNoOtherWorkflow) {
  Config config = two_workflows();
  config.limits.subject = 2;
  rig.configure(config);
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle(false);
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.count("step.intended"), 2U) << "both are at work";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(Waiting, ARunWithoutAnythingToItselfIsStillApproved) {
  Config config = configuration(Mode::propose);
  rig.configure(config);
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST_F(Waiting, OnlyAsManyProgramsAsHaveRoomAreAnnounced) {
  rig.start();
  flood();
  EXPECT_EQ(rig.count("run.running"), flood_size) << "decided, all of them";
  EXPECT_EQ(announced(), turns_there_are);
  EXPECT_EQ(rig.core->waits().of(turns_there_are + 1, false),
            fmt::format("waits for a turn: {} programs and calls run at once", turns_there_are));
  EXPECT_EQ(rig.core->waits().of(turns_there_are, false), "");
  rig.newest();
  EXPECT_EQ(announced(), turns_there_are) << "the next takes the place of the one that has ended";
  EXPECT_EQ(rig.last("step.intended").at("run"), turns_there_are + 1);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), flood_size);
  EXPECT_EQ(programs.requests.size(), flood_size);
  EXPECT_TRUE(rig.core->waits().runs.empty());
}

TEST_F(Waiting, ADeathLeavesOnlyTheAnnouncedUnknown) {
  rig.start();
  flood();
  for (const auto& [id, run] : rig.core->projection().runs()) {
    Plan plan;
    plan.after.fields = parse_json(rig.blobs.at(run.steps[0].after.id).bytes).value();
    rig.remembered.plans[id] = {plan};
  }
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.count("run.unknown"), turns_there_are);
  EXPECT_THAT(rig.last("run.unknown").at("reason").get<std::string>(), HasSubstr("whether it was started"));
  EXPECT_EQ(rig.count("run.succeeded"), 3U) << "what was not announced was certainly not started";
  EXPECT_EQ(programs.requests.size(), 3U);
}

TEST_F(Waiting, APauseReachesThoseThatWaitForATurn) {
  rig.start();
  flood();
  ASSERT_TRUE(rig.ask(Pause{"wait"}));
  rig.settle();  // the gate is open: those that were announced end
  EXPECT_EQ(rig.count("run.succeeded"), turns_there_are);
  EXPECT_EQ(rig.count("run.waiting"), 3U);
  ASSERT_TRUE(rig.ask(Resume{"go"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), flood_size);
}

TEST_F(Waiting, ALoweredModeReachesThemToo) {
  rig.start();
  flood();
  ASSERT_TRUE(rig.ask(SetMode{"react", Mode::plan, "enough"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.cancelled"), 3U);
  EXPECT_EQ(programs.requests.size(), turns_there_are);
}

TEST(WaitingForAResource, SaysForWhichRunAndWhat) {
  Config config = one_file();
  config.workflows.push_back(workflow("second", {"a"}));
  Rig rig(std::move(config));
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
  EXPECT_EQ(rig.core->waits().of(2, true), "waits for run 1, which has file:/a");
  rig.settle();
  EXPECT_EQ(rig.core->waits().of(2, true), "");
}

}  // namespace
}  // namespace aright::engine::test
