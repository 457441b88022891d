// The checker's assertions about steps that steer, and about what a person ends.
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

const Json desired_state{{"exists", true}, {"content", {"one", "other", ""}}, {"mode", "0644"}};

class CheckerFlow : public testing::Test {
 protected:
  CheckerFlow() { h.start(); }
  /// Its first step waits ten seconds.
  std::uint64_t waiting() {
    const std::uint64_t run = h.open_run();
    RunStep wait;
    wait.resource = {flow_driver, "wait 10s"};
    wait.changes = false;
    h.planned(run, 0, run_step_to_json(wait).value());
    h.planned(run, 1, h.plan("/w/a", desired_state));
    h.admit(run);
    h.move(run, "waiting", "wait", {{"step", 0}, {"wait_ms", 10'000}});
    return run;
  }
  History h;
};

/// Its first step asks a person, with the plan `hash`.
class CheckerQuestion : public testing::Test {
 protected:
  CheckerQuestion() {
    h.config.workflows[0].steps = {{Step::Approve{"", "may it", 1h}}, Step{}};
    h.start();
    run = h.open_run();
    plan();
    h.admit(run);
  }
  void plan() {
    RunStep asks;
    asks.resource = {flow_driver, "approve ops"};
    asks.changes = false;
    h.planned(run, 0, run_step_to_json(asks).value());
    h.planned(run, 1, h.plan("/w/a", desired_state));
  }
  void ask() {
    h.move(run, "planning", "more-known");
    plan();
    h.move(run, "held", "hold",
           {{"review", 1},
            {"guard", "approve"},
            {"asks_step", 0},
            {"plan_hash", "h"},
            {"expires_at", rfc3339(h.world.now.wall + 1h)}});
  }
  void say_yes() {
    h.record("review.decided", {{"review", 1},
                                {"run", run},
                                {"decision", "approved"},
                                {"by", "ann"},
                                {"groups", Json::array()},
                                {"reason", "r"}});
    h.move(run, "planning", "approve");
    plan();
  }
  History h;
  std::uint64_t run{0};
};

TEST_F(CheckerQuestion, WhatSomebodySaidYesToGoesOn) {
  ask();
  say_yes();
  h.move(run, "running", "go-on", {{"plan_hash", "h"}});
  h.carry_out(run, 1);
}

TEST_F(CheckerQuestion, WithAnotherPlanItDoesNot) {
  ask();
  say_yes();
  EXPECT_TRUE(refused([&] { h.move(run, "running", "go-on", {{"plan_hash", "other"}}); },
                      "passes a question with another plan than people approved"));
}

TEST_F(CheckerQuestion, NothingIsDonePastOneThatNobodyHasAnswered) {
  EXPECT_TRUE(refused([&] { h.intend(run, 1); }, "goes past a question that nobody has said yes to"));
}

TEST_F(CheckerFlow, AWaitThatIsOverPasses) {
  const std::uint64_t run = waiting();
  h.wait(10s);
  h.move(run, "planning", "wait-over");
}

TEST_F(CheckerFlow, AWaitIsWaitedOut) {
  const std::uint64_t run = waiting();
  h.wait(9s);
  EXPECT_TRUE(refused([&] { h.move(run, "planning", "wait-over"); }, "before its wait is over"));
}

TEST_F(CheckerFlow, AWaiverEndsAWait) {
  const std::uint64_t run = waiting();
  h.record("waiver.granted", {{"waiver", 1},
                              {"control", "c"},
                              {"subject", "file:/w/a"},
                              {"reason", "r"},
                              {"owner", "o"},
                              {"by", "b"},
                              {"expires_at", rfc3339(h.world.now.wall + 1h)}});
  h.move(run, "planning", "wait-over");
}

Json paused(std::uint64_t number, const char* kind, const std::string& name) {
  return {{"pause", number}, {"origin", "operator"}, {"reason", "r"}, {"by", "b"}, {kind, name}};
}

TEST_F(CheckerFlow, NothingIsIntendedWhileItIsPaused) {
  const std::uint64_t run = h.admitted_run();
  const std::string workflow = h.config.workflows[0].name;
  h.record("pause.set", paused(1, "workflow", "another"));
  h.record("pause.set", paused(2, "driver", "exec"));
  h.carry_out(run, 0);
  h.record("pause.set", paused(3, "workflow", workflow));
  h.record("pause.set", paused(4, "driver", "file"));
  h.record("pause.cleared", paused(3, "workflow", workflow));
  EXPECT_TRUE(refused([&] { h.intend(run, 1); }, "intends an effect while paused"));
}

TEST_F(CheckerFlow, NoResumeEndsAWait) {
  const std::uint64_t run = waiting();
  EXPECT_TRUE(refused([&] { h.move(run, "running", "resume"); }, "before its wait is over, since a pause is"));
}

TEST_F(CheckerFlow, WhatIsLeftOutIsNotDone) {
  const std::uint64_t run = h.open_run();
  Json plan = h.plan("/w/a", desired_state);
  plan["state"] = "skipped";
  h.planned(run, 0, plan);
  h.admit(run);
  EXPECT_TRUE(refused([&] { h.intend(run, 0); }, "intends what a branch has left out"));
}

TEST_F(CheckerFlow, WhatAPersonHasEndedBeginsNothing) {
  const std::uint64_t run = h.admitted_run();
  h.record("cancel.asked", {{"run", run}, {"by", "alice"}, {"groups", Json::array()}, {"reason", "no"}});
  EXPECT_TRUE(refused([&] { h.intend(run, 0); }, "a person has ended the run"));
}

TEST_F(CheckerFlow, NothingEndsWhileAnEffectIsUnderWay) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  EXPECT_TRUE(refused([&] { h.move(run, "cancelled", "cancel"); }, "an effect of it is under way"));
}

/// A run of one program.
class CheckerStarts : public CheckerFlow {
 protected:
  void plan() { h.planned(1, 0, h.plan_program({"/sim/mend"})); }
  void intend() {
    h.record("step.intended", {{"run", 1},
                               {"step", 0},
                               {"state", "intended"},
                               {"resource", "exec:/sim/mend"},
                               {"arguments", {"/sim/mend"}},
                               {"key", "r1-0"}});
  }
  void start() {
    ProgramRequest request;
    request.key = "r1-0";
    request.arguments = {"/sim/mend"};
    h.checker.before_program(request);
    h.world.starts[request.key] = ++h.world.order;
  }
  /// Started, known to have failed, and let go once more.
  void fails_and_goes_on(const Json& decision) {
    h.open_run();
    plan();
    h.admit(1);
    intend();
    start();
    h.done(1, 0, "failed");
    h.hold(1, "held", "foreign", "on-failure");
    h.record("review.decided",
             {{"review", 1}, {"run", 1}, {"decision", "approved"}, {"by", "ann"}, {"reason", "again"}});
    h.move(1, "planning", "approve");
    plan();
    h.move(1, "running", "admit", decision);
    intend();
  }
};

TEST_F(CheckerStarts, NoneIsStartedAgainUnseen) {
  h.open_run();
  plan();
  h.admit(1);
  intend();
  start();
  h.start();
  intend();
  EXPECT_TRUE(refused([&] { start(); }, "starts again, and nobody has seen that it is not there"));
}

TEST_F(CheckerStarts, APersonMayLetGoAgainWhatHasFailed) {
  fails_and_goes_on({{"plan_hash", "h"}, {"decided_by", "ann (review 1)"}});
  start();
  EXPECT_EQ(h.world.starts.at("r1-0"), h.world.order);
}

TEST_F(CheckerStarts, TheGuardsMayNot) {
  fails_and_goes_on({{"plan_hash", "h"}, {"decided_by", "guards"}});
  EXPECT_TRUE(refused([&] { start(); }, "starts again"));
}

}  // namespace
}  // namespace aright::sim
