// The checker's assertions about windows, `for`, flapping, breakers and budgets.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

class CheckerLimits : public testing::Test {
 protected:
  CheckerLimits() { h.start(); }
  Guards& guards() { return h.config.workflows[0].guards; }
  /// Admitted by the guards and over at once.
  void admit_on(const std::string& subject, const std::string& ends = "failed") {
    const std::uint64_t run = h.open_run(subject);
    h.admit(run);
    if (ends == "failed") return h.move(run, "failed", "give-up");
    h.move(run, "verifying", "all-applied");
    h.move(run, "succeeded", "verified");
  }
  /// One allowed span, that many minutes before and after now.
  void allow(std::chrono::minutes before, std::chrono::minutes after) {
    const auto now = std::chrono::floor<std::chrono::minutes>(h.world.now.wall.time_since_epoch()) % 24h;
    TimeWindow window;
    window.allow.push_back({});
    window.allow.back().from = now - before;
    window.allow.back().to = now + after;
    guards().window = window;
  }
  void opened() { h.record("breaker.opened", {{"workflow", "fix"}, {"run", 1}, {"reason", "r"}}); }
  std::uint64_t trial_in_conflict() {
    guards().breaker = Breaker{50, 1, 1h, 1min};
    admit_on("/w/a");
    opened();
    h.wait(1min);
    const std::uint64_t tries = h.open_run("/w/b");
    h.move(tries, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "guards"}, {"trial", true}});
    h.move(tries, "planning", "conflict", {{"withdrawn", true}});
    return tries;
  }
  void budget(std::optional<std::uint64_t> subjects, std::optional<std::uint32_t> percent, std::uint64_t population) {
    Budget limit;
    limit.subjects = subjects;
    limit.percent = percent;
    limit.population = population;
    limit.within = 5min;
    guards().budget = limit;
    guards().threshold = {{9, 10min, Per::workflow}};
  }
  History h;
};

TEST_F(CheckerLimits, AnOpenWindowLetsARunGo) {
  allow(1min, 2min);
  admit_on("/w/a");
  EXPECT_EQ(h.checker.ended("failed"), 1U);
}

TEST_F(CheckerLimits, AClosedWindowDoesNot) {
  allow(1min, 2min);
  h.wait(2min);
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "outside the window"));
}

TEST_F(CheckerLimits, WhatIsForbiddenIsClosedWhateverIsAllowed) {
  allow(5min, 5min);
  guards().window->forbid = guards().window->allow;
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "outside the window"));
}

TEST_F(CheckerLimits, ForIsWaitedFor) {
  guards().hold_time = 30s;
  guards().threshold = {{9, 10min, Per::workflow}};
  const std::uint64_t run = h.open_run();
  h.wait(30s);
  h.admit(run);
  const std::uint64_t early = h.open_run("/w/b");
  h.wait(29s);
  EXPECT_TRUE(refused([&] { h.admit(early); }, "before `for` is over"));
}

TEST_F(CheckerLimits, WhatFlapsIsNotAdmitted) {
  guards().flapping = {2, 10min};
  admit_on("/w/a");
  h.resolve("/w/a");
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "admits what flaps"));
}

TEST_F(CheckerLimits, AnOpenBreakerLetsNothingGo) {
  guards().breaker = Breaker{50, 2, 1h, {}};
  admit_on("/w/a");
  admit_on("/w/b");
  opened();
  EXPECT_TRUE(refused([&] { admit_on("/w/q"); }, "while the breaker of fix is open"));
}

TEST_F(CheckerLimits, ABreakerMustOpen) {
  guards().breaker = Breaker{50, 2, 1h, {}};
  admit_on("/w/a");
  admit_on("/w/b");
  EXPECT_TRUE(refused([&] { admit_on("/w/q"); }, "too many runs of fix went wrong"));
}

TEST_F(CheckerLimits, OnlyARunThatWasLetGoWhileItWasOpenClosesABreaker) {
  guards().breaker = Breaker{50, 1, 1h, 1min};
  const std::uint64_t before = h.open_run("/w/b");
  h.admit(before);
  admit_on("/w/a");
  opened();
  const auto closes = [&](std::uint64_t run) {
    h.record("breaker.closed", {{"workflow", "fix"}, {"run", run}, {"reason", "r"}});
  };
  h.wait(1min);
  const std::uint64_t tries = h.open_run("/w/q");
  h.move(tries, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "guards"}, {"trial", true}});
  closes(tries);
  opened();
  EXPECT_TRUE(refused([&] { closes(before); }, "by a run that did not try it"));
}

TEST_F(CheckerLimits, OneMayTryAnOpenBreaker) {
  guards().breaker = Breaker{50, 1, 1h, 1min};
  admit_on("/w/a");
  opened();
  h.wait(1min);
  const std::uint64_t tries = h.open_run("/w/b");
  const std::uint64_t waits = h.open_run("/w/q");
  h.move(tries, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "guards"}, {"trial", true}});
  EXPECT_TRUE(refused([&] { h.admit(waits); }, "tries the breaker of fix"));
}

TEST_F(CheckerLimits, OneThatTriesAndIsPlannedAnewStaysTheOne) {
  const std::uint64_t tries = trial_in_conflict();
  const std::uint64_t waits = h.open_run("/w/q");
  EXPECT_TRUE(refused([&] { h.admit(waits); }, fmt::format("while run {} tries the breaker of fix", tries)));
}

TEST_F(CheckerLimits, OneThatTriesAndIsHeldThenLetsAnotherTry) {
  h.hold(trial_in_conflict(), "held", "hold", "approval");
  const std::uint64_t waits = h.open_run("/w/q");
  h.admit(waits);
  EXPECT_TRUE(refused([&] { admit_on("/w/y"); }, fmt::format("while run {} tries the breaker of fix", waits)));
}

TEST_F(CheckerLimits, WhatIsTakenBackCountsNoMore) {
  budget(1, {}, 9);
  guards().threshold = {{1, 10min, Per::workflow}};
  const std::uint64_t run = h.open_run("/w/a");
  h.admit(run);
  h.move(run, "planning", "conflict", {{"withdrawn", true}});
  h.move(run, "cancelled", "nothing-to-do");
  admit_on("/w/b");
  EXPECT_TRUE(refused([&] { admit_on("/w/q"); }, "one more than the threshold"));
}

TEST_F(CheckerLimits, WhatMayHaveBegunStaysCounted) {
  guards().threshold = {{1, 10min, Per::workflow}};
  const std::uint64_t run = h.open_run("/w/a");
  h.admit(run);
  h.move(run, "planning", "conflict");
  EXPECT_TRUE(refused([&] { h.admit(run); }, "one more than the threshold"));
}

TEST_F(CheckerLimits, AnEffectIsNotTakenBack) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.effect();
  EXPECT_TRUE(refused([&] { h.move(run, "planning", "conflict", {{"withdrawn", true}}); }, "was changed by it"));
}

TEST_F(CheckerLimits, ABudgetIsNotOverspent) {
  budget(2, {}, 9);
  admit_on("/w/a");
  admit_on("/w/b");
  admit_on("/w/a");  // is counted already
  EXPECT_TRUE(refused([&] { admit_on("/w/q"); }, "admits 3 subjects, and the budget of fix allows 2"));
}

TEST_F(CheckerLimits, WhatIsSpentComesBackWithTime) {
  budget(1, {}, 9);
  admit_on("/w/a");
  h.wait(5min);
  admit_on("/w/b");
  EXPECT_EQ(h.checker.ended("failed"), 2U);
}

TEST_F(CheckerLimits, APercentageIsRoundedDown) {
  budget({}, 50, 3);
  admit_on("/w/a");
  EXPECT_TRUE(refused([&] { admit_on("/w/b"); }, "the budget of fix allows 1"));
}

TEST_F(CheckerLimits, AnEmptyPopulationAdmitsNothing) {
  budget(5, {}, 0);
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "allows none"));
}

TEST_F(CheckerLimits, AStageBeginsWhenTheFormerHasEndedVerified) {
  budget(5, {}, 9);
  std::get<Budget>(guards().budget).staged = true;
  admit_on("/w/a", "succeeded");
  admit_on("/w/b");  // the second stage has two
  admit_on("/w/q");
  EXPECT_TRUE(refused([&] { admit_on("/w/t"); }, "run 2 of the former has not ended verified"));
}

}  // namespace
}  // namespace aright::sim
