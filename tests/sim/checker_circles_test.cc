// The checker's assertions about circles: with ourselves, and with somebody else.
#include <gtest/gtest.h>

#include "history.h"
#include "log.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

const Json ours{{"exists", true}, {"content", {"ours", ""}}, {"mode", "0644"}};
const Json theirs{{"exists", true}, {"content", {"theirs", ""}}, {"mode", "0644"}};

Json state_cause(std::uint64_t run) {
  return {{"run", run}, {"workflow", "fix"}, {"under", "00"}, {"changed", "file:/w/a"}, {"by", "state"}};
}

class CheckerCircles : public testing::Test {
 protected:
  CheckerCircles() {
    Control other = h.config.controls[0];
    other.name = "d";
    other.select.ids = {"/w/a"};
    h.config.controls.push_back(other);
    guards().threshold = {{20, 10min, Per::workflow}};
    h.start();
    h.record("definition.loaded", {{"definition", "workflow"}, {"name", "fix"}, {"hash", "v"}, {"returns", 4}});
    h.marks = true;
  }
  Guards& guards() { return h.config.workflows[0].guards; }
  std::uint64_t planned() {
    const std::uint64_t run = h.open_run();
    h.planned(run, 0, h.plan("/w/a", h.world.state("/w/a") == ours ? theirs : ours));
    return run;
  }
  /// Found as somebody else has set it, put right, and over.
  void put_right(const Json& state = theirs) {
    h.world.set("/w/a", state);
    const std::uint64_t run = planned();
    h.admit(run);
    h.carry_out(run, 0);
    h.move(run, "verifying", "all-applied");
    h.move(run, "succeeded", "verified");
    h.resolve("/w/a");
  }
  /// A run for what is as the first run left it.
  std::uint64_t led_by(const std::vector<Json>& causes) {
    if (!causes.empty()) h.more_of_finding["causes"] = causes;
    return planned();
  }
  void held_for(std::uint64_t run, const std::string& guard) { h.hold(run, "held", "hold", guard); }
  History h;
};

TEST_F(CheckerCircles, WhatComesBackToItselfIsHeld) {
  put_right();
  held_for(led_by({state_cause(1)}), "loop");
  EXPECT_EQ(h.checker.held_for("loop"), 1U);
}

TEST_F(CheckerCircles, WhatComesBackToItselfIsNotLetGo) {
  put_right();
  const std::uint64_t run = led_by({state_cause(1)});
  EXPECT_TRUE(refused([&] { h.admit(run); }, "fix goes round: what it did led here"));
}

TEST_F(CheckerCircles, AfterARestartTheLastRunOfAnEpisodeIsKnown) {
  put_right();
  h.start();
  const std::uint64_t run = led_by({state_cause(1)});
  EXPECT_TRUE(refused([&] { h.admit(run); }, "fix goes round"));
}

TEST_F(CheckerCircles, APersonMayLetItGo) {
  put_right();
  const std::uint64_t run = led_by({state_cause(1)});
  h.move(run, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "ann (review 1)"}});
  h.carry_out(run, 0);
}

TEST_F(CheckerCircles, WhoseStateItIsIsSaid) {
  put_right();
  EXPECT_TRUE(refused([&] { led_by({}); }, "says that [] led to it"));
}

TEST_F(CheckerCircles, NoCauseIsMadeUp) {
  put_right();
  h.world.set("/w/a", theirs);
  EXPECT_TRUE(refused([&] { led_by({state_cause(1)}); }, "and what did is []"));
}

TEST_F(CheckerCircles, NothingIsHeldForALoopWithoutOne) {
  put_right();
  h.world.set("/w/a", theirs);
  const std::uint64_t run = planned();
  EXPECT_TRUE(refused([&] { held_for(run, "loop"); }, "nothing that led here was done by it"));
}

TEST_F(CheckerCircles, AnotherVersionIsAnotherAttempt) {
  put_right();
  h.version = "w";
  const std::uint64_t run = led_by({state_cause(1)});
  EXPECT_TRUE(refused([&] { held_for(run, "loop"); }, "nothing that led here was done by it"));
}

TEST_F(CheckerCircles, AStateMustHaveBeenRead) {
  h.more_of_finding = {{"about", std::string(32, '0')}};
  EXPECT_TRUE(refused([&] { planned(); }, "a state that nobody has read"));
}

TEST_F(CheckerCircles, ARunSaysOnWhatItWasPlanned) {
  h.world.set("/w/a", theirs);
  const std::uint64_t run = h.open_run();
  h.world.set("/w/a", ours);
  h.planned(run, 0, h.plan("/w/a", theirs));
  EXPECT_TRUE(refused([&] { h.admit(run); }, "planned on another state of file:/w/a than it says"));
}

TEST_F(CheckerCircles, WhatComesBackTooOftenIsHeld) {
  guards().oscillation = {1, 1h};
  put_right();
  put_right();  // the first return
  h.world.set("/w/a", theirs);
  held_for(planned(), "oscillation");
  EXPECT_EQ(h.checker.held_for("oscillation"), 1U);
}

TEST_F(CheckerCircles, WhatComesBackTooOftenIsNotLetGo) {
  guards().oscillation = {1, 1h};
  put_right();
  put_right();
  EXPECT_TRUE(refused([&] { put_right(); }, "the same state came back 2 times, 1 are allowed"));
}

TEST_F(CheckerCircles, AsOftenAsTheThresholdAdmitsWhereNothingIsWritten) {
  guards().threshold = {{2, 1min, Per::workflow}};
  for (int i = 0; i < 3; ++i) {
    put_right();
    h.wait(1min);
  }
  EXPECT_TRUE(refused([&] { put_right(); }, "came back 3 times, 2 are allowed"));
}

TEST_F(CheckerCircles, ARestartForgetsNoReturn) {
  guards().oscillation = {1, 1h};
  put_right();
  put_right();
  h.start();
  EXPECT_TRUE(refused([&] { put_right(); }, "came back 2 times"));
}

TEST_F(CheckerCircles, WhatCameBackLongAgoIsForgotten) {
  guards().oscillation = {1, 10min};
  put_right();
  put_right();
  h.wait(10min);
  put_right();
  EXPECT_EQ(h.checker.ended("succeeded"), 3U);
}

TEST_F(CheckerCircles, AnotherStateBeginsAnew) {
  guards().oscillation = {1, 1h};
  put_right();
  put_right();
  put_right({{"exists", true}, {"content", {"another", ""}}, {"mode", "0644"}});
  put_right();
  h.world.set("/w/a", theirs);
  const std::uint64_t run = planned();
  EXPECT_TRUE(refused([&] { held_for(run, "oscillation"); }, "after 1 returns, 1 are allowed"));
}

TEST_F(CheckerCircles, WhatIsSwitchedOffHoldsNothing) {
  guards().oscillation = {0, 1h};
  for (int i = 0; i < 6; ++i) put_right();
  h.world.set("/w/a", theirs);
  const std::uint64_t run = planned();
  EXPECT_TRUE(refused([&] { held_for(run, "oscillation"); }, "6 returns, 0 are allowed"));
}

/// One whose program leaves a trace in the log, in its second line.
class CheckerTraces : public CheckerCircles {
 protected:
  CheckerTraces() {
    h.marks = false;
    h.world.told = {{"192.0.2.1", 0}, {"192.0.2.1", 1}, {"192.0.2.1", 0}};
    const std::uint64_t run = found_at(0, {});
    h.admit(run);
    h.record("step.intended", {{"run", run},
                               {"step", 0},
                               {"state", "intended"},
                               {"resource", "exec:/sim/mend"},
                               {"arguments", {"/sim/mend"}},
                               {"key", "r1-0"}});
    h.done(run, 0, "applied");
    h.move(run, "verifying", "all-applied");
    h.move(run, "succeeded", "verified", {{"unverified", 1}});
    h.resolve(subject);
  }
  std::uint64_t found_at(std::uint64_t line, const std::vector<Json>& causes) {
    h.more_of_finding = {{"source", "log:/l"}, {"offset", line * log_step}};
    if (!causes.empty()) h.more_of_finding["causes"] = causes;
    const std::uint64_t run = h.open_run(subject);
    h.planned(run, 0, h.plan_program({"/sim/mend"}));
    return run;
  }
  const std::string subject{"host=192.0.2.1"};
  const Json cause{{"run", 1}, {"workflow", "fix"}, {"under", "00"}, {"changed", "host=192.0.2.1"}, {"by", "identity"}};
};

TEST_F(CheckerTraces, ATraceOfItsOwnProgramHoldsIt) {
  const std::uint64_t run = found_at(1, {cause});
  EXPECT_TRUE(refused([&] { h.admit(run); }, "fix goes round"));
}

TEST_F(CheckerTraces, MayBeHeld) {
  held_for(found_at(1, {cause}), "loop");
  EXPECT_EQ(h.checker.held_for("loop"), 1U);
}

TEST_F(CheckerTraces, ATraceIsNotMissed) {
  EXPECT_TRUE(refused([&] { found_at(1, {}); }, "says that [] led to it"));
}

TEST_F(CheckerTraces, ALineOfSomebodyElseHasNoCause) {
  EXPECT_TRUE(refused([&] { found_at(2, {cause}); }, "and what did is []"));
}

TEST_F(CheckerTraces, ALineOfSomebodyElseIsAnswered) {
  h.admit(found_at(2, {}));
  EXPECT_EQ(h.checker.held_for("loop"), 0U);
}

}  // namespace
}  // namespace aright::sim
