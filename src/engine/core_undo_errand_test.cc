// Undos of runs with programs, branches, waits and lists.
#include <gtest/gtest.h>

#include "engine/core_notify_rig_test.h"
#include "engine/undo_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

class UndoRunner final : public ProgramRunner {
 public:
  std::vector<std::vector<std::string>> started;
  int code{0};
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.arguments);
    ProgramOutcome outcome;
    outcome.number = code;
    return outcome;
  }
};

Step::Exec exec_of(std::vector<std::string> arguments) {
  Step::Exec exec;
  exec.program.arguments = std::move(arguments);
  return exec;
}

Step does(std::vector<std::string> arguments) { return {exec_of(std::move(arguments))}; }

Step does(std::vector<std::string> arguments, std::vector<std::string> back) {
  Step step = does(std::move(arguments));
  step.undo = exec_of(std::move(back));
  return step;
}

class UndoCaller final : public CallRunner {
 public:
  std::vector<std::string> sent;
  Result<CallOutcome> run(const CallRequest& request, const MaySend& /*may_send*/) override {
    sent.push_back(request.method);
    CallOutcome outcome;
    outcome.status = 200;
    return outcome;
  }
};

Step asks_by(const std::string& method) {
  Step::Call call;
  call.message.method = method;
  call.message.url = "https://api.example.org/x";
  return {std::move(call)};
}

Config with_steps(std::vector<Step> steps) {
  Config config = one_file();
  config.workflows[0].steps = std::move(steps);
  return config;
}

class UndoErrand : public testing::Test {
 protected:
  /// Run 1 has put /a right and done the rest.
  void fix(std::vector<Step> steps) {
    rig = std::make_unique<UndoRig>(with_steps(std::move(steps)));
    rig->programs = &runner;
    rig->calls = &caller;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
    rig->pass(5s);
    ASSERT_EQ(rig->run_row(1).at("state"), "succeeded") << rig->run_row(1).dump();
    runner.started.clear();
    caller.sent.clear();
  }
  Result<Json> undo(bool partial = false) {
    UndoRun how;
    how.waive = 24h;
    how.partial = partial;
    return rig->undone(1, how);
  }
  UndoRunner runner;
  UndoCaller caller;
  std::unique_ptr<UndoRig> rig;
};

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
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 2);
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
  while (rig->last("step.intended").value("key", "") != "r2-2" && !rig->work.empty()) rig->one();
  ASSERT_EQ(rig->last("step.intended").at("key"), "r2-2");
  rig->work.clear();
  rig->restart_with(2, 1);
  rig->settle();
  ASSERT_EQ(rig->run_row(2).at("state"), "unknown");
  const auto answer = rig->ask(ResolveRun{2, true, "y is gone"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("note"),
            "not begun, and not done now: exec:/bin/remove; `aright runs undo 1` takes all of it back anew");
  EXPECT_EQ(rig->run_row(2).at("state"), "failed");
  EXPECT_TRUE(rig->stored("undone", "000000000001").is_null());
  ASSERT_TRUE(undo());
  EXPECT_EQ(runner.started.size(), 2U);
  EXPECT_EQ(rig->stored("undone", "000000000001").at("by"), 3);
}

}  // namespace
}  // namespace aright::engine::test
