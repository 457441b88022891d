// A failed step is tried again within its run, and an effect without an answer is no effect that did not happen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

Result<ApplyOutcome> refused() { return fail(Errc::unavailable, "busy", Retry::yes); }

Config with_retry(Config config, std::uint32_t times, Nanos wait) {
  for (Step& step : config.workflows.at(0).steps) step.retry = {times, wait};
  return config;
}

Step limited(Nanos limit) {
  Step::Ensure ensure;
  ensure.time_limit = limit;
  return {ensure};
}

/// Refuses the first `failures` effects.
void refuse(Rig& rig, int failures, std::vector<std::string>& keys) {
  rig.driver.on_apply = [failures, &keys](const ApplyRequest& r) mutable -> std::optional<Result<ApplyOutcome>> {
    keys.push_back(r.key);
    if (failures-- > 0) return refused();
    return std::nullopt;
  };
}

TEST(StepRetry, TriesAgainAfterGrowingWaitsInTheSameRun) {
  Rig rig(with_retry(one_file(), 3, 2s));
  std::vector<std::string> keys;
  refuse(rig, 2, keys);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.last("step.done").at("outcome"),
            "try 1 of 4 failed: busy; again in 2s, at " + rfc3339(rig.now.wall + 2s));
  rig.pass(1900ms);
  EXPECT_EQ(keys.size(), 1U);
  rig.pass(300ms);
  EXPECT_EQ(keys.size(), 2U);
  rig.pass(3800ms);
  EXPECT_EQ(keys.size(), 2U) << "the second wait is twice as long";
  rig.pass(400ms);
  EXPECT_EQ(keys, std::vector<std::string>(3, "r1-0")) << "the same key each time";
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("run.running"), 1U) << "one admission";
  EXPECT_EQ(rig.count("step.intended"), 3U) << "each try is announced";
}

TEST(StepRetry, EndsAfterItsTimes) {
  Rig rig(with_retry(one_file(), 2, 10ms));
  std::vector<std::string> keys;
  refuse(rig, 3, keys);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(1s);
  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(rig.count("run.failed"), 1U);
  EXPECT_EQ(rig.last("run.failed").at("reason"), "busy");
}

/// A first try has failed, and the second is due in 30 s.
class RetryRestarts : public testing::Test {
 protected:
  void SetUp() override {
    refuse(rig, 100, keys);
    rig.start();
    rig.changes("/a", "bad");
    rig.settle();
    rig.remembered.workflows = {with_retry(one_file(), 2, 30s).workflows.at(0)};
    rig.remembered.plans[1] = {*rig.driver.plan({"file", "/a"}, {{{"exists", true}, {"content", "good"}}, false})};
  }
  /// After so long without a daemon, by each clock.
  void restart(Nanos boot, Nanos wall) {
    rig.now.boot += boot;
    rig.now.wall += wall;
    rig.restart();
    rig.settle();
  }
  void restart_in_another_boot(Nanos wall) {
    rig.now.boot_id = "another";
    rig.now.boot = 5s;
    restart(0s, wall);
  }
  std::vector<std::string> keys;
  Rig rig{with_retry(one_file(), 2, 30s)};
};

TEST_F(RetryRestarts, CountOnAndShortenNoWait) {
  ASSERT_EQ(keys.size(), 1U);
  restart(10s, 10s);
  EXPECT_EQ(rig.core->projection().runs().at(1).steps.at(0).tries, 1U);
  rig.pass(19s);
  EXPECT_EQ(keys.size(), 1U) << "30 s have not passed since the first one failed";
  restart(0s, 0s);
  EXPECT_EQ(keys.size(), 1U) << "nor does a second restart shorten it";
  rig.pass(2s);
  EXPECT_EQ(keys.size(), 2U);
  rig.pass(30s);
  restart(1s, 1s);
  rig.pass(27s);
  EXPECT_EQ(keys.size(), 2U) << "the second wait is twice as long";
  rig.pass(3s);
  EXPECT_EQ(keys, std::vector<std::string>(3, "r1-0"));
  EXPECT_EQ(rig.count("run.failed"), 1U);
}

TEST_F(RetryRestarts, WhatFellDueMeanwhileIsTriedAtOnce) {
  restart(31s, 31s);
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, AReadingOfTheWallClockDecidesInAnotherBoot) {
  restart_in_another_boot(20s);
  rig.pass(9s);
  EXPECT_EQ(keys.size(), 1U);
  rig.pass(2s);
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, AClockThatJumpedAheadEndsNoWait) {
  restart(1s, 3h);
  EXPECT_EQ(keys.size(), 1U);
  rig.pass(28s);
  EXPECT_EQ(keys.size(), 1U);
  rig.pass(2s);
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, AClockThatWasSetBackKeepsNoneLongerThanItsWait) {
  restart_in_another_boot(-3h);
  rig.pass(29s);
  EXPECT_EQ(keys.size(), 1U);
  rig.pass(2s);
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, WhatAnOlderVersionStoredIsTriedAtOnceAsThere) {
  rig.forget("again");
  restart(1s, 1s);
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, APauseOverOneLosesNoTry) {
  ASSERT_TRUE(rig.ask(Pause{"stop"}));
  restart(1s, 1s);
  rig.pass(40s);
  EXPECT_EQ(keys.size(), 1U);
  ASSERT_TRUE(rig.ask(Resume{"go"}));
  rig.settle();
  EXPECT_EQ(keys.size(), 2U);
}

TEST_F(RetryRestarts, BeginNotAllTriesAtOnce) {
  constexpr std::size_t many = 9;
  Config config;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < many; ++i) {
    names.push_back("c" + std::to_string(i));
    config.controls.push_back(control(names.back(), "/m" + std::to_string(i), {{"exists", true}, {"content", "good"}}));
  }
  config.workflows.push_back(workflow("fix", names));
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  config = with_retry(std::move(config), 3, 1min);
  Rig all(config);
  std::vector<std::string> tried;
  refuse(all, 100, tried);
  for (std::size_t i = 0; i < many; ++i) all.driver.states["/m" + std::to_string(i)] = file("bad");
  all.start();
  all.settle();
  ASSERT_EQ(tried.size(), many);
  all.remembered.workflows = {config.workflows[0]};
  for (const auto& [id, run] : all.core->projection().runs()) {
    const ResourceId resource = run.steps.at(0).resource;
    all.remembered.plans[id] = {*all.driver.plan(resource, {{{"exists", true}, {"content", "good"}}, false})};
  }
  all.now.boot += 6s;
  all.now.wall += 6s;
  all.restart();
  all.settle();
  all.pass(50s);
  EXPECT_EQ(tried.size(), many) << "their minute is not over";
  all.pass(5s);
  EXPECT_EQ(tried.size(), 2 * many);
}

TEST_F(RetryRestarts, ItIsSaidUntilWhenItWaitsAndAfterWhat) {
  const std::string waits = "waits until " + rfc3339(rig.now.wall + 30s) +
                            " for the next try of step 1 of 1 (file:/a): try 1 of 3 failed: busy";
  const auto said = [&] { return rig.core->waits().reason(1, "fix", RunState::running, ""); };
  EXPECT_EQ(said(), waits);
  const auto told = rig.ask(Explain{"file:/a"});
  ASSERT_TRUE(told);
  EXPECT_THAT(told->dump(), HasSubstr("run 1 " + waits));
  restart(10s, 10s);
  EXPECT_EQ(said(), waits);
  rig.now.wall += 1h;
  rig.hint("/a");
  EXPECT_THAT(said(), HasSubstr("waits until " + rfc3339(rig.now.wall + 20s))) << "as the clock says it now";
}

TEST_F(RetryRestarts, WhatIsTriedIsNotSaidToWait) {
  rig.pass(31s, false);
  ASSERT_EQ(rig.count("step.intended"), 2U);
  EXPECT_EQ(rig.core->waits().reason(1, "fix", RunState::running, ""), "");
}

TEST(StepRetry, WaitsOutAPause) {
  Rig rig(with_retry(one_file(), 1, 2s));
  std::vector<std::string> keys;
  refuse(rig, 1, keys);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(Pause{"stop"}));
  rig.pass(10s);
  EXPECT_EQ(keys.size(), 1U);
  ASSERT_TRUE(rig.ask(Resume{"go"}));
  rig.settle();
  EXPECT_EQ(keys.size(), 2U);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(StepRetry, IsNotForWhatMayHaveHappened) {
  Rig rig(with_retry(one_file(), 5, 10ms));
  rig.driver.on_apply = [&](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    rig.driver.states["/a"] = file("half");
    return fail(Errc::timeout, "no answer");
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(5s);
  EXPECT_EQ(rig.count("step.intended"), 1U);
  EXPECT_EQ(rig.count("run.unknown"), 1U);
}

TEST(StepRetry, TheLaterStepsOfARunAreTriedAgainToo) {
  Rig rig(with_retry(two_steps(), 1, 1s));
  int refusals = 1;
  rig.driver.on_apply = [&](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.resource.id == "/q" && refusals-- > 0) return refused();
    return std::nullopt;
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.rolled_back"), 0U);
  rig.pass(2s);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/q").at("content"), "new");
}

TEST(Effect, WhatIsGoneAgainIsNotPutRight) {
  Config config = one_file();
  config.controls.at(0).desired.fields = {{"content", "good"}};  // wanted only while it is there
  Rig rig(config);
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    auto done = rig.driver.set(r);
    rig.driver.states.erase("/a");
    return std::optional(done);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(6s);
  EXPECT_EQ(rig.count("run.succeeded"), 0U);
  EXPECT_EQ(rig.count("run.held"), 1U) << "somebody else's change: a person decides";
}

TEST(TimeLimit, WithoutAnAnswerNobodyKnows) {
  Config config = one_file();
  config.workflows.at(0).steps.at(0) = limited(3s);
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  ASSERT_EQ(rig.count("step.intended"), 1U);
  rig.pass(2s, false);
  EXPECT_EQ(rig.count("run.unknown"), 0U);
  rig.pass(2s, false);
  EXPECT_EQ(rig.count("run.unknown"), 1U);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
  const std::size_t entries = rig.entries.size();
  rig.settle();  // the answer comes after all
  EXPECT_EQ(rig.count("run.succeeded"), 0U) << "a person decides now";
  EXPECT_GT(rig.core->figures().late_messages, 0U);
  EXPECT_GE(rig.entries.size(), entries);
}

TEST(TimeLimit, AnUndoThatIsAnsweredTooLateBeginsNoOther) {
  Config config = one_file();
  config.workflows.at(0).steps = {own("/p", "first"), limited(3s), own("/q", "new")};
  Rig rig(config);
  rig.driver.on_apply = [](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.resource.id == "/q") return Result<ApplyOutcome>(fail(Errc::denied, "refused"));
    return std::nullopt;
  };
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
  for (int i = 0; i < 9 && rig.last("step.intended").at("key") != "r1-1-undo"; ++i) {
    rig.one();
    rig.settle(false);
  }
  ASSERT_EQ(rig.last("step.intended").at("key"), "r1-1-undo");
  rig.pass(4s, false);
  ASSERT_EQ(rig.count("run.unknown"), 1U);
  const std::size_t intended = rig.count("step.intended");
  rig.settle();  // the answer comes after all
  EXPECT_EQ(rig.count("step.intended"), intended) << "a person decides now";
  EXPECT_EQ(rig.driver.state("/p").at("content"), "first");
}

TEST(TimeLimit, OfOneTryIsNotThatOfTheNext) {
  Config config = one_file();
  config.workflows.at(0).steps.at(0) = limited(3s);
  config.workflows.at(0).steps.at(0).retry = {1, 2s};
  Rig rig(config);
  std::vector<std::string> keys;
  refuse(rig, 1, keys);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(2500ms, false);
  ASSERT_EQ(rig.count("step.intended"), 2U);
  rig.pass(1500ms, false);
  EXPECT_EQ(rig.count("run.unknown"), 0U) << "the time of the first try is over, that of the second is not";
  rig.pass(2s, false);
  EXPECT_EQ(rig.count("run.unknown"), 1U);
}

TEST(TimeLimit, IsForgottenWhenTheAnswerCame) {
  Config config = one_file();
  config.workflows.at(0).steps.at(0) = limited(3s);
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(10s);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("run.unknown"), 0U);
}

}  // namespace
}  // namespace aright::engine::test
