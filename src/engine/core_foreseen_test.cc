// What the guards would do: told of what is only observed or planned, and to whoever approves.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Foreseen : public Events {
 protected:
  static Config cooled(Mode mode) {
    Config config = configuration(mode);
    config.workflows[0].guards.cool_down = CoolDown{5min, Per::workflow};
    config.workflows[0].guards.threshold = {{3, 1h, Per::workflow}};
    return config;
  }
  [[nodiscard]] std::vector<std::string> said(const std::string& kind) const {
    std::vector<std::string> reasons;
    for (const Json& e : rig.entries) {
      if (e.at("kind") == kind) reasons.push_back(e.at("reason").get<std::string>());
    }
    return reasons;
  }
  [[nodiscard]] std::size_t counted() const { return rig.core->projection().admissions("react", true).size(); }
  void begin(const Config& config) {
    rig.configure(config);
    rig.start();
    rig.feed(batch({"192.0.2.1", "192.0.2.2", "192.0.2.3"}));
    rig.settle();
  }
};

TEST_F(Foreseen, WhatWouldWaitCountsWhenItsWaitIsOver) {
  begin(cooled(Mode::observe));
  EXPECT_THAT(said("run.observed"), ElementsAre("would run", StartsWith("would wait: cool-down: admitted less than 5m"),
                                                StartsWith("would wait: cool-down: ")));
  EXPECT_EQ(counted(), 1U);
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.count("run.observed"), 3U) << "that is known";
  rig.pass(5min + 1s);
  EXPECT_EQ(rig.count("run.observed"), 4U);
  EXPECT_EQ(rig.last("run.observed").at("reason"), "would run");
  EXPECT_EQ(counted(), 2U);
  rig.pass(6min);
  EXPECT_EQ(counted(), 3U) << "and it never says that it would be held: that could not happen";
  EXPECT_EQ(rig.last("run.observed").at("reason"), "would run");
  rig.pass(6min);
  EXPECT_EQ(rig.count("run.observed"), 5U);
}

TEST_F(Foreseen, APlanWaitsAsTheRunWould) {
  begin(cooled(Mode::plan));
  EXPECT_THAT(said("run.planned"), ElementsAre("would run"));
  rig.pass(6min);
  EXPECT_THAT(said("run.planned"), ElementsAre("would run", "would run"));
}

TEST_F(Foreseen, AStageThatWouldHaveEndedWellLetsTheNextGo) {
  Config config = configuration(Mode::observe);
  config.workflows[0].guards.budget = Budget{.subjects = 2, .within = 1h, .staged = true};
  begin(config);
  EXPECT_THAT(said("run.observed"), ElementsAre("would run", "would run", StartsWith("would be held: budget: 2 subj")));
}

TEST_F(Foreseen, WhoApprovesIsToldWhichGuardWouldHoldIt) {
  Config config = configuration(Mode::propose);
  config.workflows[0].guards.threshold = {{2, 10min, Per::workflow}};
  begin(config);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
    rig.settle();
  }
  EXPECT_EQ(said("run.held").front(), "mode: workflow is in mode propose: a person approves");
  rig.feed(batch({"192.0.2.4"}));
  rig.settle();
  EXPECT_EQ(rig.last("run.held").at("guard"), "mode") << "an approval lets it go as before";
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("a person approves; in mode auto it would be held: threshold: admitted 2 times within 10m per "
                        "workflow, 2 allowed"));
}

}  // namespace
}  // namespace aright::engine::test
