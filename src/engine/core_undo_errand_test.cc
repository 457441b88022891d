// Undos of runs with programs, branches, waits and lists.
#include <gtest/gtest.h>

#include "engine/core_notify_rig_test.h"
#include "engine/undo_errand_rig_test.h"

namespace aright::engine::test::undo_errand {
namespace {

TEST_F(UndoErrand, IsWhatTheStepDeclares) {
  fix({Step{}, does({"/bin/add", "x"}, {"/bin/remove", "${ finding.subject.id }", "${ run.key }"})});
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "/a", "r2-1"}}));
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig->run_row(2).at("unverified"), 1);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

TEST_F(UndoErrand, SaysWhoseAnswerItMayTakeBackToo) {
  Config config = with_steps({does({"/bin/add", "x"}, {"/bin/remove", "x"})});
  config.controls.push_back(config.controls[0]);
  config.controls[1].name = "b";
  config.workflows[0].answers.push_back(config.workflows[0].answers[0]);
  config.workflows[0].answers[1].control = "b";
  rig = std::make_unique<UndoRig>(config);
  rig->programs = &runner;
  rig->start();
  rig->settle();
  rig->changes("/a", "bad");
  rig->settle();
  UndoRun plan;
  plan.plan_only = true;
  const auto seen = rig->undone(1, plan);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->value("why", ""),
            "fix has also answered b about file:/a, which stays open and answered: what it did for that may be taken "
            "back with this");
}

TEST_F(UndoErrand, WithoutOneItIsRefused) {
  fix({Step{}, does({"/bin/add", "x"})});
  const auto refused = undo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "run 1 is not undone: step 2: what exec:/bin/add did has no inverse: its step declares no `undo:`; "
            "`--partial` undoes the rest");
  ASSERT_TRUE(undo(true));
  EXPECT_TRUE(runner.started.empty());
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

TEST_F(UndoErrand, OfNothingElseIsRefusedEvenInPart) {
  fix({does({"/bin/add", "x"})});
  EXPECT_FALSE(undo());
  EXPECT_FALSE(undo(true));
  EXPECT_EQ(rig->core->projection().runs().size(), 0U);
}

TEST_F(UndoErrand, NoneMeansThatNothingHasToBeTakenBack) {
  Step tells = does({"/bin/tell"});
  tells.nothing_to_undo = true;
  fix({Step{}, tells});
  ASSERT_TRUE(undo());
  EXPECT_TRUE(runner.started.empty());
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded");
}

TEST_F(UndoErrand, OfWhatNeedsNoneIsRefusedAndDoesNotSayThatNothingWasDone) {
  Step tells = does({"/bin/tell"});
  tells.nothing_to_undo = true;
  fix({tells});
  const auto refused = undo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "run 1 is not undone: what it did needs none: its steps say `undo: none`");
}

TEST_F(UndoErrand, ACallThatOnlyLooksNeedsNone) {
  fix({Step{}, asks_by("GET"), asks_by("HEAD")});
  ASSERT_TRUE(undo());
  EXPECT_TRUE(caller.sent.empty());
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));

  fix({Step{}, asks_by("POST")});
  EXPECT_FALSE(undo()) << "it has done something";

  fix({asks_by("GET")});
  const auto refused = undo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "run 1 is not undone: it changed nothing: what it called was only asked (GET, HEAD)");
}

TEST_F(UndoErrand, ACallThatOnlyLooksAndDeclaresItsUndoIsTakenBack) {
  Step asks = asks_by("GET");
  asks.undo = *asks_by("DELETE").call();
  fix({Step{}, asks});
  ASSERT_TRUE(undo());
  EXPECT_EQ(caller.sent, std::vector<std::string>{"DELETE"});
}

TEST_F(UndoErrand, IsDoneForEachValueThatThereWas) {
  Step over{.act = Step::ForEach{R"(["one","two"])", 3}};
  std::vector<Step> steps{Step{}, over};
  for (std::size_t i = 0; i < 3; ++i) {
    steps.push_back(does({"/bin/add", "${ each }"}, {"/bin/remove", "${ each }"}));
    steps.back().arm = Step::Arm{1, false, i};
  }
  fix(std::move(steps));
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "two"}, {"/bin/remove", "one"}}));
}

TEST_F(UndoErrand, TakesBackOnlyTheArmThatWasTaken) {
  Step branch{.act = Step::Branch{"finding.episode == 1"}};
  Step then = does({"/bin/add", "then"}, {"/bin/remove", "then"});
  then.arm = Step::Arm{1, false};
  Step otherwise = does({"/bin/add", "else"}, {"/bin/remove", "else"});
  otherwise.arm = Step::Arm{1, true};
  fix({Step{}, branch, then, otherwise});
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "then"}}));
}

TEST_F(UndoErrand, DoesNotWaitAgain) {
  fix({Step{}, {Step::Wait{2s}}, own("/q", "new")});
  ASSERT_EQ(rig->driver.state("/q"), file("new"));
  ASSERT_TRUE(undo());
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

TEST_F(UndoErrand, AsksNobodyAgainAndTellsNobodyAgain) {
  Config config = with_steps({Step{},
                              tells("put right"),
                              {Step::Approve{"", "go on?", 4h, 2U}},
                              own("/q", "new"),
                              does({"/bin/add", "x"}, {"/bin/remove", "x"})});
  config.notify.notifiers = {{.name = "ops"}};
  rig = std::make_unique<UndoRig>(std::move(config));
  rig->programs = &runner;
  SomebodyToTell hand;
  rig->notify = &hand;
  rig->start();
  rig->settle();
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approve");
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}, "ann"));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}, "ben"));
  rig->settle();
  ASSERT_EQ(rig->run_row(1).at("state"), "succeeded") << rig->run_row(1).dump();
  ASSERT_EQ(hand.got.size(), 1U);
  runner.started.clear();
  ASSERT_TRUE(undo());
  rig->pass(5h);
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded") << rig->run_row(2).dump();
  EXPECT_EQ(rig->count("run.held"), 1U);
  EXPECT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/remove", "x"}}));
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

TEST_F(UndoErrand, OfAStepOfFinally) {
  Step last = does({"/bin/open"}, {"/bin/close"});
  last.at_end = true;
  fix({Step{}, last});
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started, (std::vector<std::vector<std::string>>{{"/bin/close"}}));
  EXPECT_EQ(rig->run_row(2).at("state"), "succeeded");
}

TEST_F(UndoErrand, ThatFailsLeavesTheRestAsItIs) {
  fix({Step{}, does({"/bin/add", "x"}, {"/bin/remove"})});
  runner.code = 1;
  ASSERT_TRUE(undo());
  EXPECT_EQ(rig->run_row(2).at("state"), "failed");
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_TRUE(rig->core->projection().waivers().empty());
}

TEST_F(UndoErrand, IsNotTakenBackItself) {
  fix({Step{}, does({"/bin/add", "x"}, {"/bin/remove"})});
  ASSERT_TRUE(undo());
  const auto again = rig->undo(2);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("is not taken back itself"), std::string::npos) << again.error().message;
}

}  // namespace
}  // namespace aright::engine::test::undo_errand
