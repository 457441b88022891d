// Steps `wait`: what is kept over them, what is read again, and that no clock and no restart loses one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

Step waits(Nanos length) { return {Step::Wait{length}}; }

Config waiting(std::vector<Step> steps, Mode mode = Mode::auto_) {
  Config config = one_file();
  config.workflows[0].steps = std::move(steps);
  config.workflows[0].mode = mode;
  return config;
}

/// The finding's file, ten minutes, then /q.
Config fix_wait_fix(Mode mode = Mode::auto_) { return waiting({Step{}, waits(10min), own("/q", "new")}, mode); }

class CoreWait : public testing::Test {
 protected:
  void make(Config config) {
    config_ = config;
    rig = std::make_unique<Rig>(std::move(config));
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
  }
  /// As the shell does before a start: definitions and plans of open runs, the plans from their blobs.
  void restart() {
    rig->remembered.workflows = {config_.workflows[0]};
    rig->remembered.plans.clear();
    for (const auto& [id, run] : rig->core->projection().runs()) {
      std::vector<Plan> plans;
      for (const RunStep& step : run.steps) {
        Plan plan;
        plan.names = step.names;
        if (step.changes) plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
        if (step.changes) plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
        plans.push_back(std::move(plan));
      }
      rig->remembered.plans[id] = std::move(plans);
    }
    rig->restart();
    rig->settle();
  }
  [[nodiscard]] const aright::Run& run() const { return rig->core->projection().runs().at(1); }
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreWait, GoesOnWhenItsTimeIsOverAndCountsOnce) {
  make(fix_wait_fix());
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  ASSERT_EQ(run().state, RunState::waiting);
  EXPECT_THAT(run().reason, HasSubstr("waits 10m"));
  rig->pass(9min + 55s);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  rig->pass(10s);
  EXPECT_EQ(rig->driver.state("/q").at("content"), "new");
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->core->projection().admissions("fix", false).size(), 1U);
  EXPECT_EQ(rig->driver.applied, (std::vector<std::string>{"r1-0", "r1-2"}));
}

TEST_F(CoreWait, ComesFirstOrLastToo) {
  make(waiting({waits(1min), Step{}, waits(1min)}));
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  rig->pass(61s);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_EQ(run().state, RunState::waiting);
  rig->pass(61s);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreWait, NothingIsItsOwnMeanwhile) {
  Config config = fix_wait_fix();
  config.controls.push_back(control("q", "/q", {{"exists", true}, {"content", "other"}}));
  config.workflows.push_back(workflow("q", {"q"}));
  make(std::move(config));
  rig->changes("/q", "somebody's");
  rig->settle();
  EXPECT_EQ(rig->driver.state("/q").at("content"), "other") << "another run had the file";
}

TEST_F(CoreWait, WhatHasComeRightByItselfIsNotWaitedFor) {
  make(waiting({waits(1min), Step{}}));
  rig->changes("/a", "good");
  rig->settle();
  EXPECT_THAT(rig->last("run.cancelled").at("reason").get<std::string>(), HasSubstr("the finding resolved"));
  rig->pass(5min);
  EXPECT_EQ(rig->count("step.intended"), 0U);
}

TEST_F(CoreWait, ARestartLosesNoneAndKeepsItsTime) {
  make(fix_wait_fix());
  rig->pass(4min);
  restart();
  rig->pass(5min + 50s);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  rig->pass(15s);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.applied, (std::vector<std::string>{"r1-0", "r1-2"})) << "what was made is not made again";
}

TEST_F(CoreWait, AnotherBootCountsByTheWallClock) {
  make(fix_wait_fix());
  rig->now.wall += 9min;
  rig->now.boot = 5s;
  rig->now.boot_id = "another";
  restart();
  EXPECT_EQ(run().state, RunState::waiting);
  rig->pass(61s);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreWait, AClockThatJumpsAheadEndsNoWaitAndOneThatIsSetBackAndRightAgainLosesNone) {
  make(fix_wait_fix());
  rig->now.wall += 24h;
  rig->pass(5min);
  EXPECT_EQ(run().state, RunState::waiting);
  rig->now.wall -= 48h;
  rig->pass(1min);
  rig->now.wall += 24h;
  rig->pass(5min);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

/// What was recorded names a time that is over by now, or far off.
TEST_F(CoreWait, WhereAClockWasSetItIsSaidWhenTheWaitIsOverByThatClock) {
  make(fix_wait_fix());
  const std::string first = rfc3339(rig->now.wall + 10min);
  const auto said = [&] { return rig->core->waits().reason(1, "fix", RunState::waiting, run().reason); };
  EXPECT_THAT(said(), StartsWith("waits 10m, until " + first));
  rig->now.wall += 2h;
  rig->hint("/b");
  const std::string then = "waits until " + rfc3339(rig->now.wall + 10min) + ", since a clock was set meanwhile";
  EXPECT_EQ(said(), then);
  const auto told = rig->ask(Explain{"file:/a"});
  ASSERT_TRUE(told);
  EXPECT_THAT(told->dump(), HasSubstr("then goes on with step 3 of 3 (file:/q); now it " + then));
  restart();
  EXPECT_EQ(said(), then) << "after a restart too";
  rig->now.wall -= 2h;
  rig->hint("/b");
  EXPECT_THAT(said(), StartsWith("waits 10m, until " + first)) << "it is right again";
}

TEST_F(CoreWait, APauseHoldsItBackAfterwards) {
  make(fix_wait_fix());
  ASSERT_TRUE(rig->ask(Pause{"look"}));
  rig->pass(20min);
  EXPECT_EQ(run().state, RunState::waiting);
  ASSERT_TRUE(rig->ask(Resume{"looked"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreWait, AResumeEndsNoWaitBeforeItsTime) {
  make(fix_wait_fix());
  ASSERT_TRUE(rig->ask(Pause{"look"}));
  ASSERT_TRUE(rig->ask(Resume{"looked"}));
  rig->settle();
  EXPECT_EQ(run().state, RunState::waiting);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

TEST_F(CoreWait, AModeLoweredMeanwhileAsksAPerson) {
  make(fix_wait_fix());
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::plan, "enough"}));
  rig->pass(11min);
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("the mode had become plan; what was done stays"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  const auto set = rig->ask(SetMode{"fix", Mode::auto_, "go on"});
  ASSERT_TRUE(set);
  EXPECT_THAT(set->dump(), HasSubstr("1 review of it that its mode asked for still waits for a person"));
}

TEST_F(CoreWait, WhatSomebodyChangedMeanwhileIsAPersonsQuestion) {
  make(fix_wait_fix());
  rig->driver.states["/a"] = file("theirs");
  rig->pass(11min);
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("file:/a was changed by somebody else while the run waited"));
  EXPECT_EQ(rig->driver.state("/a"), file("theirs"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "as planned now"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U) << "one yes is enough";
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
}

TEST_F(CoreWait, AYesHoldsForWhatIsStillTheSame) {
  make(fix_wait_fix(Mode::propose));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  ASSERT_EQ(run().state, RunState::waiting);
  rig->pass(11min);
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreWait, AYesLapsesWhereWhatIsLeftIsAnotherDifference) {
  make(fix_wait_fix(Mode::propose));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  rig->driver.states["/q"] = file("older");
  rig->pass(11min);
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("approval: what is left is not as it was approved"));
  EXPECT_EQ(rig->driver.state("/q"), file("older"));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "that too"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("run.waiting"), 1U) << "it does not wait again";
}

TEST_F(CoreWait, AFailureAfterwardsTakesBackWhatWasMadeBefore) {
  make(fix_wait_fix());
  restart();
  rig->driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    return std::nullopt;
  };
  rig->pass(11min);
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

TEST_F(CoreWait, WhatCannotBePlannedAfterwardsAsksAPerson) {
  make(fix_wait_fix());
  rig->driver.unreadable["/q"] = {Errc::denied, Retry::no, "not allowed"};
  rig->pass(11min);
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("not allowed; what was done stays until a person decides"));
}

TEST_F(CoreWait, IsCancelledAtOnce) {
  make(fix_wait_fix());
  const auto answer = rig->ask(CancelRun{1, "enough"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(rig->last("run.cancelled").at("reason").get<std::string>(), HasSubstr("what was done stays: file:/a"));
  rig->pass(11min);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

/// Each run needs its own file, so that nothing but the limit holds them back.
TEST_F(CoreWait, HundredsThatAreOverAtOnceGoOnAFewAtATime) {
  constexpr std::size_t many = 300;
  Config config;
  for (std::size_t i = 0; i < many; ++i) {
    const std::string path = "/m" + std::to_string(i);
    config.controls.push_back(control("c" + std::to_string(i), path, {{"exists", true}, {"content", "good"}}));
  }
  std::vector<std::string> names;
  for (const Control& c : config.controls) names.push_back(c.name);
  config.workflows.push_back(workflow("fix", names, {waits(1h), Step{}}));
  config.workflows[0].guards.threshold = {{10'000, 10min, Per::workflow}};
  config_ = config;
  rig = std::make_unique<Rig>(config);
  for (std::size_t i = 0; i < many; ++i) rig->driver.states["/m" + std::to_string(i)] = file("bad");
  rig->start();
  rig->settle();
  ASSERT_EQ(rig->count("run.waiting"), many);
  rig->now.wall += 2h;
  rig->now.boot = 5s;
  rig->now.boot_id = "another";
  rig->remembered.workflows = {config_.workflows[0]};
  rig->restart();
  const auto planning = [&] {
    return std::ranges::count_if(rig->core->projection().runs(),
                                 [](const auto& item) { return item.second.state == RunState::planning; });
  };
  EXPECT_LE(planning(), 64);
  EXPECT_GT(planning(), 0);
  while (!rig->work.empty()) {
    rig->one();
    ASSERT_LE(planning(), 64);
  }
  EXPECT_EQ(rig->count("run.succeeded"), many);
}

TEST_F(CoreWait, InAModeThatDoesNothingAYesIsRefusedAndTheQuestionStays) {
  make(fix_wait_fix());
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::plan, "enough"}));
  rig->pass(11min);
  ASSERT_EQ(run().state, RunState::held);
  const auto refused = rig->ask(Approve{rig->review(), "yes"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("fix is in mode plan: no more of it is done, and what is done stays"));
  EXPECT_EQ(run().state, RunState::held);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::auto_, "go on"}));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q").at("content"), "new");
}

TEST_F(CoreWait, AModeLoweredBetweenTheYesAndItsPlanAsksAgain) {
  make(fix_wait_fix());
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::plan, "enough"}));
  rig->pass(11min);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::auto_, "go on"}));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::plan, "no"}));
  rig->settle();
  ASSERT_EQ(run().state, RunState::held) << "what it has made is no plan";
  EXPECT_THAT(run().reason, HasSubstr("the mode had become plan; what was done stays"));
  EXPECT_EQ(rig->count("run.planned"), 0U);
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

}  // namespace
}  // namespace aright::engine::test
