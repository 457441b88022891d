// The breaker as the engine keeps it: opened by endings, over restarts, closed by a person or by one run that tries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int controls_in_all = 9;

Config many(std::optional<Nanos> trial_after) {
  Config config;
  std::vector<std::string> names;
  for (int i = 0; i < controls_in_all; ++i) {
    names.push_back("c" + std::to_string(i));
    config.controls.push_back(control(names.back(), "/c" + std::to_string(i), {{"content", "good"}}));
  }
  config.workflows = {workflow("fix", names)};
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  config.workflows[0].guards.breaker = Breaker{50, 4, 1h, trial_after};
  return config;
}

class BreakerRig : public Rig {
 public:
  explicit BreakerRig(std::optional<Nanos> trial_after = std::nullopt) : BreakerRig(many(trial_after)) {}
  explicit BreakerRig(Config config) : Rig(std::move(config)) {
    for (int i = 0; i < controls_in_all; ++i) driver.states["/c" + std::to_string(i)] = file("good");
    driver.on_apply = [this](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
      if (!fails) return std::nullopt;
      return fail(Errc::denied, "refused");
    };
    start();
    settle();
  }
  /// Each a finding of its own.
  void breaks(int number) {
    changes("/c" + std::to_string(number), "bad");
    settle();
  }
  void fail_four_times() {
    fails = true;
    for (int i = 0; i < 4; ++i) breaks(i);
    fails = false;
  }
  bool fails{false};
};

TEST(Breaker, OpensAtTheRateAndNotBeforeEnoughRuns) {
  BreakerRig rig;
  rig.breaks(0);
  rig.breaks(1);
  rig.fails = true;
  rig.breaks(2);
  EXPECT_EQ(rig.count("breaker.opened"), 0U) << "one of three";
  rig.breaks(3);
  EXPECT_EQ(rig.last("breaker.opened").at("reason"),
            "2 of 4 runs within 1h failed or were rolled back, it opens at 50 % of at least 4");
  rig.restart();
  rig.fails = false;
  rig.breaks(4);
  EXPECT_THAT(
      rig.last("run.held").at("reason").get<std::string>(),
      testing::AllOf(HasSubstr("breaker: open since 2027-01-15T08:00:00"), HasSubstr("2 of 4 runs within 1h failed"),
                     HasSubstr("a run that a person lets go and that ends well closes it")));
}

TEST(Breaker, WhatWasRolledBackCountsAsBad) {
  Config config = many(std::nullopt);
  config.workflows[0].steps.push_back(own("/q", "new"));
  BreakerRig rig(std::move(config));
  rig.driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "refused");
    return std::nullopt;
  };
  for (int i = 0; i < 4; ++i) rig.breaks(i);
  ASSERT_EQ(rig.count("run.rolled_back"), 4U);
  EXPECT_EQ(rig.count("breaker.opened"), 1U);
}

TEST(Breaker, EndingsBeforeARestartCount) {
  BreakerRig rig;
  rig.fails = true;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(rig.count("breaker.opened"), 0U);
    rig.breaks(i);
    rig.restart();
    rig.settle();
  }
  EXPECT_EQ(rig.count("breaker.opened"), 1U);
}

TEST(Breaker, OldEndingsDoNotCount) {
  BreakerRig rig;
  rig.fails = true;
  for (int i = 0; i < 3; ++i) rig.breaks(i);
  for (int i = 0; i < 3; ++i)
    rig.ask(Waive{"c" + std::to_string(i), "file:/c" + std::to_string(i), "x", "", Nanos{9h}});
  rig.pass(61min);
  rig.breaks(3);
  EXPECT_EQ(rig.count("breaker.opened"), 0U);
}

TEST(Breaker, APersonClosesItByLettingARunGoThatEndsWell) {
  BreakerRig rig;
  rig.fail_four_times();
  rig.breaks(4);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "try"}));
  rig.settle();
  EXPECT_EQ(rig.last("breaker.closed").at("workflow"), "fix");
  rig.restart();
  rig.breaks(5);
  EXPECT_EQ(rig.driver.state("/c5"), file("good"));
  rig.fails = true;
  rig.breaks(6);
  EXPECT_EQ(rig.count("breaker.opened"), 1U) << "what was before it was closed counts no more";
}

TEST(Breaker, ARunThatWasLetGoBeforeItOpenedDoesNotCloseIt) {
  Config config = many(std::nullopt);
  config.workflows[0].steps[0].retry = {1, 2s};
  BreakerRig rig(std::move(config));
  rig.fails = true;
  for (int i = 0; i < 4; ++i) rig.breaks(i);
  rig.pass(1s);
  rig.breaks(8);
  rig.pass(1s);
  ASSERT_EQ(rig.count("breaker.opened"), 1U) << "the four have failed twice";
  rig.fails = false;
  rig.pass(1s);
  ASSERT_EQ(rig.last("run.succeeded").at("run"), 5) << "the fifth at its second try";
  EXPECT_EQ(rig.count("breaker.closed"), 0U);
  rig.breaks(5);
  EXPECT_EQ(rig.last("run.held").at("guard"), "breaker");
}

TEST(Breaker, OneRunTriesAfterAWhileAndClosesIt) {
  BreakerRig rig(30min);
  rig.fail_four_times();
  for (int i = 0; i < 4; ++i)
    rig.ask(Waive{"c" + std::to_string(i), "file:/c" + std::to_string(i), "x", "", Nanos{9h}});
  rig.pass(29min);
  rig.restart();
  rig.breaks(4);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("or one that is tried from "));
  rig.pass(1min);
  rig.changes("/c5", "bad");
  rig.settle(false);  // at its effect
  EXPECT_EQ(rig.last("run.running").at("trial"), true);
  rig.changes("/c6", "bad");
  rig.settle(false);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("run 6 tries whether it may close"));
  rig.settle();
  EXPECT_EQ(rig.last("breaker.closed").at("run"), 6);
  rig.breaks(7);
  EXPECT_EQ(rig.driver.state("/c7"), file("good"));
}

/// What `explain` of a subject shows that has been found once.
Json breaker_seen(Rig& rig) {
  rig.feed(Asked{1, Explain{"file:/c0"}, {1000, "alice", {}}});
  while (!rig.work.empty() && std::holds_alternative<DoLook>(rig.work.back())) rig.newest();
  const Json doc = rig.answers.back().value();
  for (const Json& guard : doc.at("controls").at(0).at("workflows").at(0).at("guards")) {
    if (guard.at("guard") == "breaker") return guard;
  }
  return {};
}

TEST(Breaker, ExplainCallsItOpenUntilARunHasClosedIt) {
  BreakerRig rig(30min);
  rig.breaks(0);
  EXPECT_EQ(breaker_seen(rig).at("says"), "closed; 0 of 1 runs within 1h failed, it opens at 50 % of at least 4");
  rig.fails = true;
  for (int i = 1; i < 4; ++i) rig.breaks(i);
  rig.fails = false;
  EXPECT_THAT(breaker_seen(rig).at("says").get<std::string>(), HasSubstr("or one that is tried from "));
  for (int i = 1; i < 4; ++i)
    rig.ask(Waive{"c" + std::to_string(i), "file:/c" + std::to_string(i), "x", "", Nanos{9h}});
  rig.pass(31min);
  const Json may_try = breaker_seen(rig);
  EXPECT_EQ(may_try.at("admits"), true);
  EXPECT_THAT(may_try.at("says").get<std::string>(),
              testing::AllOf(testing::StartsWith("open since 2027-"), HasSubstr("3 of 4 runs within 1h failed"),
                             testing::EndsWith("; the next run tries whether it may close")));
  rig.changes("/c5", "bad");
  rig.settle(false);  // at its effect
  EXPECT_THAT(breaker_seen(rig).at("says").get<std::string>(),
              testing::AllOf(testing::StartsWith("open since 2027-"), HasSubstr("run 5 tries whether it may close")));
  rig.settle();
  EXPECT_EQ(breaker_seen(rig).at("says"), "closed; 0 of 0 runs within 1h failed, it opens at 50 % of at least 4");
}

TEST(Breaker, TheOneThatTriesGoesOnTryingWhenAnEarlierOneEnds) {
  BreakerRig rig(30min);
  rig.fail_four_times();
  rig.pass(31min);
  rig.changes("/c5", "bad");
  rig.settle(false);  // at its effect
  engine::Projection projection = rig.core->projection();
  const std::uint64_t tries = projection.breaker("fix")->trial;
  ASSERT_NE(tries, 0U);
  Json entry = rig.last("breaker.opened");
  entry["seq"] = projection.entries();
  const auto applied = projection.apply(entry);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(projection.breaker("fix")->trial, tries);
  entry["run"] = tries;
  entry["seq"] = projection.entries();
  ASSERT_TRUE(projection.apply(entry));
  EXPECT_EQ(projection.breaker("fix")->trial, 0U);
}

TEST(Breaker, ATrialThatFailsKeepsItOpenForAsLongAgain) {
  BreakerRig rig(30min);
  rig.fail_four_times();
  for (int i = 0; i < 4; ++i)
    rig.ask(Waive{"c" + std::to_string(i), "file:/c" + std::to_string(i), "x", "", Nanos{9h}});
  rig.pass(31min);
  rig.fails = true;
  rig.breaks(4);
  rig.fails = false;
  EXPECT_EQ(rig.count("breaker.opened"), 2U);
  EXPECT_THAT(rig.last("breaker.opened").at("reason").get<std::string>(), HasSubstr("; run 5, which tried it, is "));
  rig.pass(20min);
  rig.breaks(5);
  EXPECT_EQ(rig.driver.state("/c5"), file("bad"));
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("breaker: open since"));
}

}  // namespace
}  // namespace aright::engine::test
