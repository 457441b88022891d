// How many runs are at work at once, and who goes first: limits of workflows, drivers and the whole, severity, the
// reserve for critical findings, and that a critical one never waits in silence.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

constexpr const char* takeover = R"(
---
title: Takeover
name: takeover
level: critical
logsource: { product: linux }
detection:
  selection: { what: takeover }
  condition: selection
)";

class Concurrency : public Events {
 protected:
  Concurrency() { load(std::string(failed_login) + takeover); }
  static Config two_rules() {
    Config config = configuration(Mode::auto_);
    config.controls.push_back(sigma_control("takeover"));
    config.controls.back().severity = Level::critical;
    Workflow w = workflow("contain", {"takeover"}, {react("${ event.address }")});
    w.guards.threshold = {{100, 10min, Per::workflow}};
    config.workflows.push_back(std::move(w));
    return config;
  }
  void flood(int how_many) {
    EventsRead all = batch({});
    for (int i = 0; i < how_many; ++i) {
      const std::string address = "192.0.2." + std::to_string(i + 1);
      EventsRead one = batch({address});
      all.events.push_back(std::move(one.events.front()));
      all.lanes = std::move(one.lanes);
    }
    rig.feed(std::move(all));
    rig.settle(false);
  }
  void take_over() {
    EventsRead read = batch({"198.51.100.1"});
    read.events.front().data["what"] = "takeover";
    rig.feed(std::move(read));
    rig.settle(false);
  }
  /// The largest number of runs that were at work at one time, as the entries have it.
  [[nodiscard]] std::size_t most_at_work() const {
    std::set<std::uint64_t> now;
    std::size_t most = 0;
    for (const Json& e : rig.entries) {
      const std::string kind = e.at("kind").get<std::string>();
      if (kind == "run.planning") now.insert(e.at("run").get<std::uint64_t>());
      if (kind == "run.succeeded" || kind == "run.held") now.erase(e.at("run").get<std::uint64_t>());
      most = std::max(most, now.size());
    }
    return most;
  }
  [[nodiscard]] std::string waits(std::uint64_t run) const { return rig.core->waits().of(run, true); }
};

TEST_F(Concurrency, AWorkflowHasNoMoreRunsAtWorkThanItSays) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].guards.concurrency = 2;
  rig.configure(config);
  rig.start();
  flood(7);
  EXPECT_EQ(rig.count("run.running"), 2U);
  EXPECT_EQ(waits(3), "waits for a turn: workflow react: 2 of 2 runs are at work");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 7U);
  EXPECT_EQ(most_at_work(), 2U);
  EXPECT_EQ(waits(3), "");
}

TEST_F(Concurrency, ADriverHasNoMoreRunsAtWorkThanTheNodeSays) {
  Config config = configuration(Mode::auto_);
  config.limits.drivers["exec"] = 1;
  rig.configure(config);
  rig.start();
  flood(4);
  EXPECT_EQ(waits(2), "waits for a turn: driver exec: 1 of 1 runs are at work");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
  EXPECT_EQ(most_at_work(), 1U);
}

TEST_F(Concurrency, AFloodDoesNotKeepACriticalFindingWaiting) {
  Config config = two_rules();
  config.limits.runs = 4;
  rig.configure(config);
  rig.start();
  flood(20);
  EXPECT_EQ(rig.count("run.running"), 3U) << "one of four is kept";
  EXPECT_THAT(waits(20), HasSubstr("the rest is for critical findings"));
  take_over();
  EXPECT_EQ(rig.last("step.intended").at("run"), 21) << "it has begun while 17 others wait";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 21U);
  EXPECT_EQ(rig.count("run.delayed"), 0U);
  EXPECT_EQ(most_at_work(), 4U);
}

TEST_F(Concurrency, AndItsProgramHasATurnWhenAllOthersAreTaken) {
  rig.configure(two_rules());
  rig.start();
  flood(30);
  EXPECT_EQ(rig.core->waits().of(29, false), "waits for a turn: 14 programs and calls run at once");
  take_over();
  EXPECT_EQ(rig.last("step.intended").at("run"), 31);
}

TEST_F(Concurrency, WhereNothingIsKeptItGoesFirstAndPeopleAreToldThatItWaits) {
  Config config = two_rules();
  config.limits.runs = 1;
  rig.configure(config);
  rig.start();
  flood(3);
  take_over();
  rig.pass(4s, false);
  EXPECT_EQ(rig.count("run.delayed"), 0U);
  rig.pass(2s, false);
  ASSERT_EQ(rig.count("run.delayed"), 1U);
  EXPECT_EQ(rig.last("run.delayed").at("run"), 4);
  EXPECT_EQ(rig.last("run.delayed").at("reason"), "waits for a turn: 1 of 1 runs are at work");
  EXPECT_THAT(rig.told.back(), HasSubstr("critical: run 4 of contain on"));
  EXPECT_EQ(rig.core->figures().delayed, 1U);
  rig.newest();
  rig.settle(false);
  EXPECT_EQ(rig.last("step.intended").at("run"), 4) << "before those that came earlier";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
}

TEST_F(Concurrency, ARestartKeepsTheOrder) {
  Config config = two_rules();
  config.limits.runs = 1;
  rig.configure(config);
  rig.start();
  ASSERT_TRUE(rig.ask(Pause{"later"}));
  flood(3);
  take_over();
  rig.restart();
  ASSERT_TRUE(rig.ask(Resume{"now"}));
  rig.settle(false);
  EXPECT_EQ(rig.last("step.intended").at("run"), 4);
  EXPECT_EQ(rig.count("step.intended"), 1U);
}

TEST_F(Concurrency, WhatAPersonLetsGoGoesBeyondIt) {
  Config config = configuration(Mode::propose);
  config.limits.runs = 1;
  rig.configure(config);
  rig.start();
  flood(2);
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 2U);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(Concurrency, AnotherLimitIsOnRecordAndHoldsAtOnce) {
  rig.start();
  Config config = configuration(Mode::auto_);
  config.limits.runs = 2;
  Reload reload;
  reload.config = config;
  reload.rules = rig.rules;
  ASSERT_TRUE(rig.ask(std::move(reload)));
  EXPECT_EQ(rig.last("definition.loaded").at("definition"), "limits");
  flood(4);
  EXPECT_EQ(rig.count("run.running"), 1U);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
}

TEST_F(Concurrency, ALimitOfADriverThatComesLaterCountsThoseThatAreAtWork) {
  rig.start();
  flood(1);
  Config config = configuration(Mode::auto_);
  config.limits.drivers["exec"] = 1;
  Reload reload;
  reload.config = config;
  reload.rules = rig.rules;
  ASSERT_TRUE(rig.ask(std::move(reload)));
  EventsRead more = batch({"192.0.2.77"});
  rig.feed(std::move(more));
  rig.settle(false);
  EXPECT_EQ(waits(2), "waits for a turn: driver exec: 1 of 1 runs are at work");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(Concurrency, WhatExplainsAWorkflowShowsHowManyAreAtWork) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].guards.concurrency = 1;
  rig.configure(config);
  rig.start();
  flood(2);
  ASSERT_FALSE(rig.core->projection().subjects().empty());
  const auto answer = rig.ask(Explain{rig.core->projection().subjects().begin()->second.subject});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->dump(), HasSubstr("1 of 1 runs are at work"));
}

}  // namespace
}  // namespace aright::engine::test
