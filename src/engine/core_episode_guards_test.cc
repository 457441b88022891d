// `for` and flapping as the engine asks them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Config held_for(std::optional<Nanos> control_says, std::optional<Nanos> workflow_says) {
  Config config = one_file();
  config.controls[0].hold_time = control_says;
  config.workflows[0].guards.hold_time = workflow_says;
  return config;
}

TEST(HoldTime, ItMustLast) {
  for (const bool by_control : {true, false}) {
    const Nanos wanted = 5min;
    Rig rig(by_control ? held_for(wanted, std::nullopt) : held_for(1min, wanted));
    rig.start();
    rig.changes("/a", "bad");
    rig.settle();
    EXPECT_EQ(rig.last("verdict.suppressed").at("reason"), "open for less than 5m; 300s left, if it lasts");
    rig.pass(4min);
    rig.restart();
    rig.pass(50s);
    EXPECT_EQ(rig.driver.applied.size(), 0U);
    rig.pass(11s);
    EXPECT_EQ(rig.driver.applied.size(), 1U);
  }
}

TEST(HoldTime, EndsWhenTheFindingDoes) {
  Rig rig(held_for(5min, std::nullopt));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(4min);
  rig.changes("/a", "good");
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(4min);
  EXPECT_EQ(rig.count("run.created"), 0U) << "a new finding, a new wait";
  rig.pass(2min);
  EXPECT_EQ(rig.driver.applied.size(), 1U);
}

TEST(HoldTime, AWallClockSetForwardDoesNotShortenIt) {
  Rig rig(held_for(5min, std::nullopt));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.now.wall += 2h;
  rig.pass(4min);
  EXPECT_EQ(rig.driver.applied.size(), 0U);
  rig.pass(2min);
  EXPECT_EQ(rig.driver.applied.size(), 1U);
}

TEST(HoldTime, ModeObserveSaysThatItWouldWait) {
  Config config = held_for(5min, std::nullopt);
  config.workflows[0].mode = Mode::observe;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(rig.last("run.observed").at("reason").get<std::string>(),
              HasSubstr("would wait: for: open for less than 5m"));
}

TEST(Flapping, WhatOpensAndClosesTooOftenIsHeldByName) {
  Config config = one_file();
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  config.workflows[0].guards.flapping = Flapping{4, 1h};
  Rig rig(config);
  rig.start();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(rig.count("run.held"), 0U);
    rig.changes("/a", "bad");
    rig.settle();
    rig.restart();
    rig.pass(1min);
  }
  EXPECT_EQ(rig.last("run.held").at("guard"), "flapping");
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "flapping: a on file:/a opened at least 4 times within 1h, held from 4 on");
  for (int i = 0; i < 3; ++i) {
    rig.ask(Deny{rig.review(), "no"});
    rig.changes("/a", "good");
    rig.settle();
    rig.changes("/a", "bad again");
    rig.pass(2s);
  }
  EXPECT_EQ(rig.count("finding.opened"), 7U);
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "flapping: a on file:/a opened at least 4 times within 1h, held from 4 on")
      << "no more are kept than the guard asks about";
}

TEST(Flapping, OpeningsOfLongAgoDoNotCount) {
  Config config = one_file();
  config.workflows[0].guards.flapping = Flapping{3, 1h};
  config.workflows[0].guards.oscillation = Oscillation{.returns = 0};
  Rig rig(config);
  rig.start();
  for (int i = 0; i < 6; ++i) {
    rig.changes("/a", "bad");
    rig.settle();
    rig.pass(31min);
  }
  EXPECT_EQ(rig.driver.applied.size(), 6U);
}

}  // namespace
}  // namespace aright::engine::test
