// A run that is planned anew because somebody changed its resource first: it goes through the guards again, and its own
// admission neither holds it nor counts twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Findings a and b, one workflow.
Config replanned_config(Guards guards) {
  Config config{{control("a", "/a", {{"content", "good"}}), control("b", "/b", {{"content", "good"}})},
                {workflow("fix", {"a", "b"})},
                {}};
  config.workflows[0].guards = std::move(guards);
  return config;
}

Guards wide_guards() {
  Guards guards;
  guards.threshold = {{100, 10min, Per::workflow}};
  return guards;
}

class ReplanRig : public Rig {
 public:
  explicit ReplanRig(Guards guards) : Rig(replanned_config(std::move(guards))) {
    driver.on_apply = [this](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
      if (fails) return fail(Errc::denied, "refused");
      if (conflicts == 0) return std::nullopt;
      --conflicts;
      driver.states[request.resource.id] = file("theirs " + std::to_string(conflicts));
      if (!begins) return std::nullopt;  // it compares, and does nothing
      return fail(Errc::denied, "stopped in the middle");
    };
    start();
    settle();
  }
  void breaks(const std::string& path) {
    changes(path, "bad");
    settle();
  }
  /// It is to be planned anew.
  void until_conflict() {
    while (count("run.planning") == 0 || last("run.planning").at("input") != "conflict") one();
  }
  [[nodiscard]] std::size_t counted() const { return core->projection().admissions("fix", false).size(); }

  int conflicts{0};    ///< so many of the next effects find another state than was planned on
  bool begins{false};  ///< and have begun to make theirs
  bool fails{false};
};

TEST(PlannedAnew, IsNotKeptBackByItsOwnCoolDown) {
  for (const Per per : {Per::subject, Per::workflow}) {
    for (const bool begins : {false, true}) {
      Guards guards = wide_guards();
      guards.cool_down = CoolDown{5min, per};
      ReplanRig rig(std::move(guards));
      rig.conflicts = 2;
      rig.begins = begins;
      rig.breaks("/a");
      EXPECT_EQ(rig.driver.state("/a"), file("good"));
      EXPECT_EQ(rig.count("run.cancelled"), 0U);
      EXPECT_EQ(rig.last("run.succeeded").at("run"), 1);
      rig.breaks("/b");
      EXPECT_EQ(rig.driver.state("/b") == file("good"), per == Per::subject) << "another is, for all of the time";
    }
  }
}

TEST(PlannedAnew, CountsOnceForTheThreshold) {
  Guards guards;
  guards.threshold = {{2, 10min, Per::workflow}};
  ReplanRig rig(std::move(guards));
  rig.conflicts = 3;
  rig.breaks("/a");
  EXPECT_EQ(rig.last("run.succeeded").at("run"), 1);
  EXPECT_EQ(rig.counted(), 1U);
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.counted(), 1U);
  rig.breaks("/b");
  EXPECT_EQ(rig.last("run.succeeded").at("run"), 2) << "the second is not held";
  rig.breaks("/a");
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("threshold: admitted 2 times within 10m per workflow, 2 allowed"));
}

TEST(PlannedAnew, IsCountedWhenItIsLetGoLast) {
  Guards guards;
  guards.threshold = {{1, 10min, Per::workflow}};
  ReplanRig rig(std::move(guards));
  rig.conflicts = 1;
  rig.changes("/a", "bad");
  while (rig.count("run.running") == 0) rig.one();
  rig.now.boot += 5min;  // the effect takes its time
  rig.now.wall += 5min;
  rig.settle();
  ASSERT_EQ(rig.last("run.succeeded").at("run"), 1);
  rig.now.boot += 9min;
  rig.now.wall += 9min;
  rig.breaks("/b");
  EXPECT_EQ(rig.count("run.held"), 1U) << "nine minutes after its effect";
}

TEST(PlannedAnew, AfterARestartToo) {
  Guards guards = wide_guards();
  guards.threshold = {{1, 10min, Per::workflow}};
  guards.cool_down = CoolDown{5min, Per::subject};
  ReplanRig rig(std::move(guards));
  rig.conflicts = 1;
  rig.changes("/a", "bad");
  rig.until_conflict();
  EXPECT_EQ(rig.last("run.planning").at("withdrawn"), true);
  EXPECT_EQ(rig.counted(), 0U);
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.last("run.succeeded").at("run"), 1);
  EXPECT_EQ(rig.counted(), 1U);
}

/// What it may have done was let go by the first admission; whether it may do more is the threshold's question.
TEST(PlannedAnew, WhatMayHaveBegunCountsAgain) {
  Guards guards;
  guards.threshold = {{2, 10min, Per::workflow}};
  ReplanRig rig(std::move(guards));
  rig.conflicts = 2;
  rig.begins = true;
  rig.breaks("/a");
  EXPECT_FALSE(rig.last("run.planning").contains("withdrawn"));
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("threshold: admitted 2 times within 10m per workflow, 2 allowed; possible loop"));
}

TEST(PlannedAnew, WhatCameBackOnceCameBackOnce) {
  for (const bool begins : {false, true}) {
    Guards guards;
    guards.threshold = {{begins ? 3U : 2U, 10min, Per::workflow}};
    ReplanRig rig(std::move(guards));
    rig.breaks("/a");
    rig.conflicts = 1;
    rig.begins = begins;
    rig.changes("/a", "bad again");
    rig.settle();
    ASSERT_EQ(rig.last("run.succeeded").at("run"), 2);
    rig.changes("/a", "bad once more");
    rig.settle();
    EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
                HasSubstr("what they had put right came back 2 times"))
        << "with the one that is held";
  }
}

TEST(PlannedAnew, GoesOnTryingTheBreaker) {
  Guards guards = wide_guards();
  guards.breaker = Breaker{50, 1, 1h, 1min};
  ReplanRig rig(std::move(guards));
  rig.fails = true;
  rig.breaks("/a");
  ASSERT_EQ(rig.count("breaker.opened"), 1U);
  rig.fails = false;
  rig.pass(1min);
  rig.conflicts = 2;
  rig.breaks("/b");
  EXPECT_EQ(rig.driver.state("/b"), file("good"));
  EXPECT_EQ(rig.count("breaker.closed"), 1U);
}

TEST(PlannedAnew, OneThatTriesAndIsHeldTriesNoMore) {
  Guards guards = wide_guards();
  guards.breaker = Breaker{50, 1, 1h, 1min};
  ReplanRig rig(std::move(guards));
  rig.fails = true;
  rig.breaks("/a");
  rig.fails = false;
  rig.pass(1min);
  rig.conflicts = 1;
  rig.changes("/b", "bad");
  rig.until_conflict();
  EXPECT_NE(rig.core->projection().breaker("fix")->trial, 0U) << "it stays the one that tries";
  rig.ask(SetMode{"fix", Mode::propose, "wait"});
  rig.settle();
  ASSERT_EQ(rig.last("run.held").at("guard"), "mode");
  EXPECT_EQ(rig.core->projection().breaker("fix")->trial, 0U);
}

TEST(PlannedAnew, SpendsItsBudgetOnlyWhenItIsLetGo) {
  Guards guards = wide_guards();
  guards.budget = Budget{.subjects = 1, .within = 10min};
  ReplanRig rig(std::move(guards));
  rig.conflicts = 1;
  rig.changes("/a", "bad");
  rig.until_conflict();
  rig.driver.states["/a"] = file("good");  // somebody puts it right meanwhile
  rig.settle();
  EXPECT_EQ(rig.last("run.cancelled").at("input"), "nothing-to-do");
  rig.breaks("/b");
  EXPECT_EQ(rig.driver.state("/b"), file("good")) << "nothing was spent on /a";
  rig.breaks("/a");
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("1 subject within 10m, 1 allowed"));
}

}  // namespace
}  // namespace aright::engine::test
