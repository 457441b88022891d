// Budgets as the engine keeps them: over restarts, by several workflows, in stages.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "engine/core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Controls c0 to c9; even ones are answered by `even`, the others by `odd`.
Config two_workflows() {
  Config config;
  std::array<std::vector<std::string>, 2> names;
  for (int i = 0; i < 10; ++i) {
    const std::string name = fmt::format("c{}", i);
    config.controls.push_back(control(name, "/" + name, {{"content", "good"}}));
    names.at(static_cast<std::size_t>(i % 2)).push_back(name);
  }
  config.workflows = {workflow("even", names[0]), workflow("odd", names[1])};
  for (Workflow& w : config.workflows) w.guards.threshold = {{100, 10min, Per::workflow}};
  return config;
}

Config shared(Budget budget) {
  Config config = two_workflows();
  config.budgets = {{"web", std::move(budget)}};
  for (Workflow& w : config.workflows) w.guards.budget = std::string("web");
  return config;
}

/// Each run ends with a program, which nobody verifies.
Config with_program(Config config) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/p"};
  for (Workflow& w : config.workflows) w.steps.push_back({exec});
  return config;
}

class BudgetRig : public Rig {
 public:
  explicit BudgetRig(Config config, ProgramRunner* runner = nullptr) : Rig(std::move(config)) {
    programs = runner;
    for (int i = 0; i < 10; ++i) driver.states[fmt::format("/c{}", i)] = file("good");
    start();
    settle();
  }
  void breaks(int number) {
    changes(fmt::format("/c{}", number), "bad");
    settle();
  }
  [[nodiscard]] int good() const {
    int count = 0;
    for (int i = 0; i < 10; ++i) count += driver.state(fmt::format("/c{}", i)) == file("good") ? 1 : 0;
    return count;
  }
};

TEST(Budget, SeveralWorkflowsShareItOverRestarts) {
  BudgetRig rig(shared({.subjects = 3, .within = 10min}));
  for (int i = 0; i < 5; ++i) {
    rig.breaks(i);
    rig.restart();
    rig.settle();
  }
  EXPECT_EQ(rig.good(), 8);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 3 subjects within 10m, 3 allowed");
  rig.driver.states["/c0"] = file("bad again");
  rig.hint("/c0");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/c0"), file("good")) << "one that is counted already is none more";
}

TEST(Budget, APersonsYesCountsToo) {
  BudgetRig rig(shared({.subjects = 1, .within = 10min}));
  rig.breaks(0);
  rig.breaks(1);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "yes"}));
  rig.settle();
  rig.breaks(2);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 2 subjects within 10m, 1 allowed");
  rig.pass(10min);
  rig.breaks(3);
  EXPECT_EQ(rig.driver.state("/c3"), file("good"));
}

TEST(Budget, APercentageOfAPopulationRoundsDown) {
  BudgetRig rig(shared({.percent = 25, .population = std::uint64_t{11}, .within = 10min}));
  for (int i = 0; i < 3; ++i) rig.breaks(i);
  EXPECT_EQ(rig.good(), 9);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 2 subjects within 10m, 2 allowed (25 % of 11)");
}

TEST(Budget, AnEmptyPopulationAdmitsNothing) {
  BudgetRig rig(shared({.subjects = 5, .population = std::uint64_t{0}, .within = 10min}));
  rig.breaks(0);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 0 subjects within 10m, 0 allowed (of 0)");
}

TEST(Budget, APopulationThatAControlKnows) {
  Config config = shared({.percent = 50, .population = std::string("c3"), .within = 10min});
  config.controls[3].select.ids = {"/c3", "/c7"};
  BudgetRig rig(config);
  rig.breaks(0);
  rig.breaks(1);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 1 subject within 10m, 1 allowed (50 % of 2)");
}

TEST(Budget, APopulationInAFolderIsKnownWhenItHasBeenListed) {
  Config config = shared({.percent = 50, .population = std::string("c9"), .within = 10min});
  config.controls[9].select = {};
  config.controls[9].select.within = {"/web"};
  BudgetRig rig(config);  // its list is empty, which proves nothing
  rig.breaks(0);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: nobody knows how many its population has");
  rig.feed(ListDone{"c9", "retry", 0, std::vector<std::string>{"/web/1", "/web/2", "/web/3"}});
  rig.settle();
  rig.breaks(1);
  EXPECT_EQ(rig.driver.state("/c1"), file("good"));
  rig.breaks(2);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 1 subject within 10m, 1 allowed (50 % of 3)");
}

TEST(Budget, APopulationWhoseControlIsGoneHolds) {
  BudgetRig rig(shared({.percent = 50, .population = std::string("gone"), .within = 10min}));
  rig.breaks(0);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: nobody knows how many its population has");
}

TEST(Budget, OneThatIsNotConfiguredAnyMoreHolds) {
  Config config = shared({.subjects = 5, .within = 10min});
  BudgetRig rig(config);
  config.budgets.clear();
  rig.configure(config);
  rig.restart();
  rig.settle();
  rig.breaks(0);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: it is not configured any more");
}

TEST(Budget, OfItsOwnAndInModePlan) {
  Config config = two_workflows();
  config.workflows[0].guards.budget = Budget{.subjects = 1, .within = 10min};
  config.workflows[0].mode = Mode::plan;
  BudgetRig rig(config);
  rig.breaks(0);
  EXPECT_EQ(rig.last("run.planned").at("reason"), "would run");
  rig.breaks(2);
  EXPECT_EQ(rig.last("run.planned").at("reason"), "would be held: budget: 1 subject within 10m, 1 allowed");
  rig.breaks(1);
  EXPECT_EQ(rig.driver.state("/c1"), file("good"));
}

TEST(StagedBudget, EachStageBeginsWhenTheOneBeforeHasEndedVerified) {
  BudgetRig rig(shared({.subjects = 20, .within = 1h, .staged = true}));
  for (int i = 0; i < 10; ++i) rig.driver.states[fmt::format("/c{}", i)] = file("bad");
  for (int i = 0; i < 10; ++i) rig.hint(fmt::format("/c{}", i));
  std::vector<std::size_t> stages;
  for (int round = 0; round < 20 && rig.good() < 10; ++round) {
    rig.settle(false);
    if (!rig.work.empty()) stages.push_back(rig.work.size());  // effects at once
    rig.settle(true);
    rig.pass(2s, false);
  }
  EXPECT_EQ(rig.good(), 10);
  EXPECT_THAT(stages, testing::ElementsAre(1U, 2U, 4U, 3U));
}

TEST(StagedBudget, OnlyAsManyRunsAsTheStageLetsGo) {
  BudgetRig rig(shared({.subjects = 20, .within = 1h, .staged = true}));
  for (int i = 0; i < 10; ++i) rig.driver.states[fmt::format("/c{}", i)] = file("bad");
  for (int i = 0; i < 10; ++i) rig.hint(fmt::format("/c{}", i));
  for (int round = 0; round < 20 && rig.good() < 10; ++round) {
    rig.settle();
    rig.pass(2s);
  }
  EXPECT_EQ(rig.good(), 10);
  EXPECT_EQ(rig.count("run.created"), 10U);
  EXPECT_EQ(rig.count("run.cancelled"), 0U);
  EXPECT_EQ(rig.count("verdict.suppressed"), 9U) << "each that waited, once";
}

TEST(StagedBudget, APlaceThatIsNotTakenIsTheNexts) {
  BudgetRig rig(shared({.subjects = 20, .within = 1h, .staged = true}));
  rig.breaks(0);
  ASSERT_EQ(rig.good(), 10);
  for (const int i : {1, 2, 3}) rig.driver.states[fmt::format("/c{}", i)] = file("bad");
  for (const int i : {1, 2, 3}) rig.hint(fmt::format("/c{}", i));
  while (rig.count("run.created") < 3) rig.one();  // two places
  rig.ask(CancelRun{2, "not this one"});
  rig.settle();
  rig.pass(1s);
  EXPECT_EQ(rig.driver.state("/c3"), file("good"));
  EXPECT_EQ(rig.count("run.created"), 4U);
}

TEST(StagedBudget, WhatIsMoreSevereTakesAPlaceAllTheSame) {
  Config config = shared({.subjects = 20, .within = 1h, .staged = true});
  config.controls[1].severity = Level::critical;
  BudgetRig rig(config);
  rig.changes("/c0", "bad");
  while (rig.count("run.created") < 1) rig.one();
  rig.changes("/c2", "bad");
  rig.newest();  // its plan is still to come
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.changes("/c1", "bad");
  rig.newest();
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.last("run.created").at("control"), "c1");
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U) << "the other waits";
  rig.pass(5s);
  EXPECT_EQ(rig.good(), 10);
}

TEST(StagedBudget, TheMostSevereAndThenTheOldestGoFirst) {
  Config config = shared({.subjects = 20, .within = 1h, .staged = true});
  config.controls[5].severity = Level::critical;
  BudgetRig rig(config);
  rig.changes("/c9", "bad");
  rig.settle(false);
  for (const int i : {8, 7, 5, 6}) {
    rig.pass(1s, false);
    rig.changes(fmt::format("/c{}", i), "bad");
    rig.settle(false);
  }
  rig.settle();
  rig.pass(1s, false);
  std::vector<std::string> begun;
  for (const Json& e : rig.entries) {
    if (e.at("kind") == "run.created") begun.push_back(e.at("control").get<std::string>());
  }
  EXPECT_THAT(begun, testing::ElementsAre("c9", "c5", "c8")) << "the second stage has two places";
}

/// Nobody is left for whom they would have to wait.
TEST(StagedBudget, WhoWaitsForAStageIsAskedAboutAtOnceWhenTheBudgetIsUsedUp) {
  BudgetRig rig(shared({.subjects = 3, .within = 1h, .staged = true}));
  for (int i = 0; i < 10; ++i) rig.driver.states[fmt::format("/c{}", i)] = file("bad");
  for (int i = 0; i < 10; ++i) rig.hint(fmt::format("/c{}", i));
  rig.settle();
  EXPECT_EQ(rig.good(), 1);
  rig.pass(1s, false);  // the second stage is at its effects
  ASSERT_EQ(rig.count("run.running"), 3U);
  EXPECT_EQ(rig.count("run.held"), 7U);
  EXPECT_EQ(rig.last("run.held").at("reason"), "budget: web: 3 subjects within 1h, 3 allowed");
  rig.settle();
  EXPECT_EQ(rig.good(), 3);
  EXPECT_EQ(rig.count("run.created"), 10U);
}

/// The same where a stage ends and was not verified: failed, cancelled, or unverified.
TEST(StagedBudget, WhoWaitsForAStageIsAskedAboutAtOnceWhenTheOneBeforeEndsBadly) {
  for (const bool cancelled : {false, true}) {
    CountingPrograms runner;
    BudgetRig rig(with_program(shared({.subjects = 20, .within = 1h, .staged = true})), &runner);
    rig.changes("/c0", "bad");
    rig.settle(false);
    for (const int i : {1, 2, 3}) rig.changes(fmt::format("/c{}", i), "bad");
    rig.settle(false);
    ASSERT_EQ(rig.count("verdict.suppressed"), 3U);
    if (cancelled) {
      ASSERT_TRUE(rig.ask(CancelRun{1, "not this one"}));
    }
    rig.settle();
    ASSERT_EQ(rig.count("run.cancelled") == 1U, cancelled);
    rig.pass(1s, false);
    EXPECT_EQ(rig.count("run.held"), 3U);
    EXPECT_EQ(rig.last("run.held").at("reason"),
              "budget: web: stage 2 does not begin: file:/c0 of run 1 did not end verified");
    EXPECT_EQ(rig.count("run.created"), 4U);
  }
}

/// However long a stage lasts; and another workflow, which is off, does not make it another wait each time.
TEST(StagedBudget, ACriticalFindingDoesNotWaitForItInSilence) {
  for (const bool critical : {true, false}) {
    Config config = shared({.subjects = 20, .within = 1h, .staged = true});
    if (critical) config.controls[1].severity = Level::critical;
    config.workflows.push_back(workflow("off", {"c1"}));
    config.workflows.back().mode = Mode::off;
    config.notify = {{{.name = "ops"}}, {"ops"}};
    BudgetRig rig(std::move(config));
    rig.changes("/c0", "bad");
    rig.settle(false);
    rig.changes("/c1", "bad");
    rig.settle(false);
    rig.pass(4s, false);
    EXPECT_EQ(rig.count("finding.delayed"), 0U);
    rig.pass(30s, false);
    ASSERT_EQ(rig.count("finding.delayed"), critical ? 1U : 0U) << "once a wait";
    if (!critical) continue;
    EXPECT_EQ(rig.last("finding.delayed").at("reason"),
              "web: stage 2 of 2 subjects begins when the 1 before it have ended verified; run 1 on file:/c0 has not "
              "yet");
    EXPECT_EQ(rig.core->figures().delayed, 1U);
    const Json notice = rig.last("notification.queued");
    EXPECT_EQ(notice.at("notice"), "delayed");
    EXPECT_EQ(notice.at("severity"), "critical");
    EXPECT_EQ(notice.at("title"), "A critical finding has no run yet (odd on file:/c1)");
    EXPECT_THAT(rig.told,
                testing::Contains(HasSubstr("critical: c1 on file:/c1 has no run of odd yet: it waits: budget: web")));
    rig.settle();
    rig.pass(1s);
    EXPECT_EQ(rig.good(), 10);
  }
}

TEST(StagedBudget, DoesNotGoOnOverOneThatFailed) {
  BudgetRig rig(shared({.subjects = 20, .within = 1h, .staged = true}));
  rig.driver.on_apply = [](const ApplyRequest&) { return Result<ApplyOutcome>(fail(Errc::denied, "refused")); };
  rig.breaks(0);
  rig.driver.on_apply = nullptr;
  rig.breaks(1);
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "budget: web: stage 2 does not begin: file:/c0 of run 1 did not end verified");
  rig.pass(20s);  // the first is tried again, and ends verified
  EXPECT_EQ(rig.driver.state("/c0"), file("good"));
  rig.breaks(2);
  EXPECT_EQ(rig.driver.state("/c2"), file("good"));
}

TEST(StagedBudget, DoesNotGoOnOverOneThatNobodyVerified) {
  CountingPrograms runner;
  BudgetRig rig(with_program(shared({.subjects = 20, .within = 1h, .staged = true})), &runner);
  rig.breaks(0);
  ASSERT_EQ(rig.last("run.succeeded").at("unverified"), 1);
  rig.breaks(1);
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "budget: web: stage 2 does not begin: file:/c0 of run 1 did not end verified");
}

}  // namespace
}  // namespace aright::engine::test
