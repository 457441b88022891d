// A failed step is tried again within its run, and an effect without an answer is no effect that did not happen.
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

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
  EXPECT_EQ(rig.last("step.done").at("outcome"), "try 1 of 4 failed: busy; again in 2s");
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

TEST(StepRetry, CountsOnAfterARestart) {
  Rig rig(with_retry(one_file(), 2, 30s));
  std::vector<std::string> keys;
  refuse(rig, 100, keys);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(keys.size(), 1U);
  const std::uint32_t tries = rig.core->projection().runs().at(1).steps.at(0).tries;
  ASSERT_EQ(tries, 1U);
  rig.remembered.workflows = {with_retry(one_file(), 2, 30s).workflows.at(0)};
  rig.remembered.plans[1] = {*rig.driver.plan({"file", "/a"}, {{{"exists", true}, {"content", "good"}}, false})};
  rig.restart();
  EXPECT_EQ(rig.core->projection().runs().at(1).steps.at(0).tries, tries);
  rig.settle();  // the rest of the wait is over
  EXPECT_EQ(keys.size(), 2U);
  rig.pass(61s);
  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(rig.count("run.failed"), 1U);
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
