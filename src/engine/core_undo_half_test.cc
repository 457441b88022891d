// Undos of what came half way, or came half way themselves: nothing is taken back twice, and nothing is forgotten.
#include <gtest/gtest.h>

#include "engine/undo_errand_rig_test.h"

namespace aright::engine::test::undo_errand {
namespace {

TEST_F(UndoErrand, InterruptedAndUnconfirmedIsAPersonsQuestion) {
  fix({Step{}, does({"/bin/add", "x"}, {"/bin/remove"})});
  UndoRun how;
  how.waive = 24h;
  ASSERT_TRUE(rig->undo(1, how));
  rig->settle(false);
  ASSERT_EQ(rig->last("step.intended").at("key"), "r2-1");
  rig->work.clear();
  rig->restart_with(2, 1);
  rig->settle();
  EXPECT_EQ(rig->run_row(2).at("state"), "unknown");
  EXPECT_TRUE(runner.started.empty());
  EXPECT_EQ(rig->core->projection().waivers().size(), 1U) << "until a person has looked";
  ASSERT_TRUE(rig->ask(ResolveRun{2, true, "it is gone"}));
  EXPECT_FALSE(rig->stored("undone", "000000000001").contains("by")) << "the file stands as the run made it";
  ASSERT_TRUE(undo());
  EXPECT_TRUE(runner.started.empty()) << "it is gone already";
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 3);
}

/// Who has looked has said whether there is something to take back.
TEST_F(UndoErrand, WhatAPersonHasFoundDoneIsTakenBackAndWhatHeHasNotIsNot) {
  for (const bool done : {true, false}) {
    rig = std::make_unique<UndoRig>(with_steps({Step{}, does({"/bin/add", "x"}, {"/bin/remove", "x"})}));
    rig->programs = &runner;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    while (rig->count("step.intended") < 2 && !rig->work.empty()) rig->one();
    ASSERT_EQ(rig->last("step.intended").at("step"), 1);
    rig->work.clear();
    rig->restart_with(1, 1);
    rig->settle();
    ASSERT_EQ(rig->run_row(1).at("state"), "unknown");
    runner.started.clear();
    ASSERT_TRUE(rig->ask(ResolveRun{1, done, "looked"}));
    EXPECT_EQ(rig->run_row(1).at("steps")[1].at("state"), done ? "verified" : "failed");
    UndoRun plan;
    plan.plan_only = true;
    EXPECT_TRUE(rig->undone(1, plan)) << "without `partial`";
    ASSERT_TRUE(undo());
    EXPECT_EQ(runner.started.size(), done ? 1U : 0U);
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  }
}

/// The rest could never be taken back.
TEST_F(UndoErrand, HalfOfItIsNotAllOfIt) {
  fix({does({"/bin/add", "x"}, {"/bin/remove", "x"}), does({"/bin/add", "y"}, {"/bin/remove", "y"}), Step{}});
  UndoRun how;
  how.waive = 24h;
  ASSERT_TRUE(rig->undo(1, how));
  rig->settle(false);
  while (rig->last("step.intended").value("key", "") != "r2-1" && !rig->work.empty()) rig->one();
  ASSERT_EQ(rig->last("step.intended").at("key"), "r2-1");
  rig->work.clear();
  rig->restart_with(2, 1);
  rig->settle();
  ASSERT_EQ(rig->run_row(2).at("state"), "unknown");
  const auto answer = rig->ask(ResolveRun{2, true, "y is gone"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("note"),
            "not begun, and not done now: exec:/bin/remove; `aright runs undo 1` takes back the rest");
  EXPECT_EQ(rig->run_row(2).at("state"), "failed");
  EXPECT_FALSE(rig->stored("undone", "000000000001").contains("by"));
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "x"}})) << "y is gone already";
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 3);
}

/// An inverse may be none that can be done twice, as one that gives a quota back.
TEST_F(UndoErrand, WhatAnEarlierUndoHasTakenBackIsNotTakenBackAgain) {
  fix({does({"/bin/add", "x"}, {"/bin/remove", "x"}), does({"/bin/add", "y"}, {"/bin/remove", "y"}),
       does({"/bin/add", "z"}, {"/bin/remove", "z"}), Step{}});
  const auto one_is_done_then_fails = [&](std::uint64_t undo, std::size_t step) {
    UndoRun how;
    how.waive = 24h;
    ASSERT_TRUE(rig->undo(1, how));
    const std::string next = fmt::format("r{}-{}", undo, step);
    while (rig->last("step.intended").value("key", "") != next && !rig->work.empty()) rig->one();
    ASSERT_EQ(rig->last("step.intended").at("key"), next);
    runner.code = 1;
    rig->settle();
    runner.code = 0;
    EXPECT_EQ(rig->run_row(undo).at("state"), "rollback_failed");
  };
  one_is_done_then_fails(2, 1);
  one_is_done_then_fails(3, 0);
  runner.started.clear();
  UndoRun look;
  look.plan_only = true;
  const auto plan = rig->undone(1, look);
  ASSERT_TRUE(plan);
  std::map<std::uint64_t, std::string> told;
  for (const Json& step : plan->at("steps")) {
    told[step.at("step").get<std::uint64_t>()] = step.value("decision", "") + " " + step.value("why", "");
  }
  EXPECT_EQ(told.at(2), "already run 2 has taken it back already");
  EXPECT_EQ(told.at(1), "already run 3 has taken it back already");
  EXPECT_EQ(told.at(0), "undo ");
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "x"}}));
  EXPECT_EQ(rig->run_row(4).at("state"), "succeeded");
  EXPECT_EQ(rig->run_row(4).at("steps")[1].at("outcome"), "run 3 has taken it back already");
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 4);
}

TEST_F(UndoErrand, CancelledInItsMidstIsGoneOnWithByTheNextAlsoAfterARestart) {
  fix({Step{}, does({"/bin/add", "x"}, {"/bin/remove", "x"}), does({"/bin/add", "y"}, {"/bin/remove", "y"})});
  UndoRun how;
  how.waive = 24h;
  ASSERT_TRUE(rig->undo(1, how));
  while (rig->last("step.intended").value("key", "") != "r2-2" && !rig->work.empty()) rig->one();
  ASSERT_TRUE(rig->ask(CancelRun{2, "enough"}));
  rig->settle();
  ASSERT_EQ(rig->run_row(2).at("state"), "cancelled");
  ASSERT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "y"}}));
  EXPECT_EQ(rig->stored("undone", "000000000001").at("in_part_by"), 2);
  runner.started.clear();
  ASSERT_TRUE(rig->undo(1, how));
  rig->work.clear();
  rig->restart_with(3, 1);
  rig->settle();
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "x"}}));
  EXPECT_EQ(rig->run_row(3).at("state"), "succeeded");
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 3);
}

/// It exits otherwise than expected after it has begun: half of its work may be there.
TEST_F(UndoErrand, WhatFailedAndNobodyLookedAtStays) {
  for (const bool none : {false, true}) {
    Step add = does({"/bin/add", "x"}, {"/bin/remove", "x"});
    if (none) add.undo.reset();
    add.nothing_to_undo = none;
    Config config = with_steps({Step{}, add});
    config.workflows[0].on_failure = OnFailure::review;
    rig = std::make_unique<UndoRig>(config);
    rig->programs = &runner;
    runner.code = 1;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
    runner.code = 0;
    ASSERT_EQ(rig->run_row(1).at("state"), "held") << rig->run_row(1).dump();
    ASSERT_TRUE(rig->ask(CancelRun{1, "enough"}));
    rig->settle();
    ASSERT_EQ(rig->run_row(1).at("steps")[1].at("state"), "failed") << rig->run_row(1).dump();
    ASSERT_EQ(rig->driver.state("/a"), file("good"));
    runner.started.clear();
    const auto whole = undo();
    EXPECT_EQ(whole.has_value(), none) << "its author has said that nothing has to be undone";
    if (none) continue;
    EXPECT_EQ(
        whole.error().message,
        "run 1 is not undone: step 2: exec:/bin/add failed, and may have done its work or a part of it: nobody has "
        "looked; `--partial` undoes the rest");
    ASSERT_TRUE(undo(true));
    EXPECT_TRUE(runner.started.empty());
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
    EXPECT_EQ(rig->run_row(2).at("steps")[1].at("outcome"),
              "stays: exec:/bin/add failed, and may have done its work or a part of it: nobody has looked");
  }
}

}  // namespace
}  // namespace aright::engine::test::undo_errand
