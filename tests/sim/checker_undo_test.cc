// The checker's assertions about runs that take others back.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "history.h"

namespace aright::sim {
namespace {

class CheckerUndo : public testing::Test {
 protected:
  CheckerUndo() {
    h.start();
    before_ = h.world.state("/w/a");
    first_ = h.admitted_run();
    h.carry_out(first_, 0);
    h.carry_out(first_, 1);
    end(first_);
    made_ = h.world.state("/w/a");
  }
  void end(std::uint64_t run) {
    h.move(run, "verifying", "all-applied");
    h.move(run, "succeeded", "verified");
  }
  /// Planned from what is there now, towards `a` and, for the other, what it was.
  std::uint64_t undo(const Json& a) {
    const std::uint64_t run =
        h.open_run("/w/a", {{"undoes", first_}, {"by", "alice"}, {"groups", Json::array()}, {"reason", "wrong"}});
    h.planned(run, 0, h.plan("/w/a", a));
    h.planned(run, 1, h.plan("/w/q", before_));
    h.move(run, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "alice"}});
    return run;
  }
  void carry_out(std::uint64_t run) {
    h.carry_out(run, 1);
    h.carry_out(run, 0);
  }
  static Json with(Json state, const std::string& line) {
    state["content"] = {line, ""};
    return state;
  }
  History h;
  Json before_;
  Json made_;
  std::uint64_t first_{0};
};

TEST_F(CheckerUndo, WhatReadsAsBeforePasses) {
  const std::uint64_t run = undo(before_);
  carry_out(run);
  end(run);
  EXPECT_EQ(h.checker.ended("succeeded"), 2U);
}

TEST_F(CheckerUndo, AnotherStateThanBeforeDoesNot) {
  const std::uint64_t run = undo(with(before_, "neither"));
  carry_out(run);
  EXPECT_TRUE(refused([&] { end(run); }, "otherwise than it was before the run it undoes"));
}

TEST_F(CheckerUndo, WhatSomebodyElseChangedIsLeftAlone) {
  h.world.set("/w/a", with(made_, "somebody else's"));
  const std::uint64_t run = undo(before_);
  carry_out(run);
  EXPECT_TRUE(refused([&] { end(run); }, "undoes what somebody else has changed: /w/a"));
}

TEST_F(CheckerUndo, AFieldThatWasNotChangedMayBeAnother) {
  Json now = made_;
  now["mode"] = "0600";
  Json back = before_;
  back["mode"] = "0600";
  h.world.set("/w/a", now);
  const std::uint64_t run = undo(back);
  carry_out(run);
  end(run);
  EXPECT_EQ(h.checker.ended("succeeded"), 2U);
}

TEST_F(CheckerUndo, AStepThatIsNotDoneMustHaveBeenReadAsBefore) {
  const std::uint64_t run = undo(before_);
  h.carry_out(run, 1);
  h.record("step.done", {{"run", run}, {"step", 0}, {"state", "skipped"}, {"outcome", "reads as before"}});
  EXPECT_TRUE(refused([&] { end(run); }, "says that /w/a was undone, and nobody has read it as it was before"));
}

TEST_F(CheckerUndo, OfARunThatNobodySawEndIsNone) {
  first_ = 99;
  const std::uint64_t run = undo(before_);
  carry_out(run);
  EXPECT_TRUE(refused([&] { end(run); }, "undoes a run that nobody has seen end"));
}

}  // namespace
}  // namespace aright::sim
