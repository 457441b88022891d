// How many runs are at work at once, and who goes first: limits of workflows, drivers and the whole, severity, the
// reserve for critical findings, and that a critical one never waits in silence.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::Contains;
using testing::EndsWith;
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

TEST_F(Concurrency, WhoeverWaitsBehindOneWithoutRoomIsNotAskedToo) {
  Config config = configuration(Mode::auto_);
  config.limits.drivers["exec"] = 1;
  rig.configure(config);
  rig.start();
  flood(60);
  EXPECT_EQ(waits(60), "waits for a turn: driver exec: 1 of 1 runs are at work") << "but it is told the same";
  const std::uint64_t before = rig.core->figures().asked_to_begin;
  rig.newest();  // one has ended, the next begins
  rig.settle(false);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_LE(rig.core->figures().asked_to_begin, before + 6) << "two a round, not all of them";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 60U);
}

TEST_F(Concurrency, AFloodDoesNotKeepACriticalFindingWaiting) {
  Config config = two_rules();
  config.limits.runs = 4;
  rig.configure(config);
  rig.start();
  flood(20);
  EXPECT_EQ(rig.count("run.running"), 2U) << "of four one is for those without programs, and of three one is kept";
  EXPECT_THAT(waits(20), HasSubstr("the rest is for critical findings"));
  take_over();
  EXPECT_EQ(rig.last("step.intended").at("run"), 21) << "it has begun while 17 others wait";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 21U);
  EXPECT_EQ(rig.count("run.delayed"), 0U);
  EXPECT_EQ(most_at_work(), 3U);
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
  config.notify = {{{.name = "ops"}}, {"ops"}};
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
  EXPECT_THAT(rig.told, Contains(HasSubstr("critical: run 4 of contain on")));
  EXPECT_EQ(rig.last("notification.queued").at("notice"), "delayed");
  EXPECT_EQ(rig.last("notification.queued").at("severity"), "critical");
  EXPECT_EQ(rig.last("notification.queued").at("title"), "Run 4 has done nothing yet (contain on host=198.51.100.1)");
  EXPECT_EQ(rig.core->figures().delayed, 1U);
  rig.newest();
  rig.settle(false);
  EXPECT_EQ(rig.last("step.intended").at("run"), 4) << "before those that came earlier";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
}

TEST_F(Concurrency, ACriticalOneThatWaitsForItsTurnDoesNotWaitInSilence) {
  Config config = two_rules();
  config.controls[0].severity = Level::critical;
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  rig.configure(config);
  rig.start();
  flood(18);
  ASSERT_EQ(rig.count("run.running"), 18U);
  ASSERT_EQ(rig.count("step.intended"), 16U);
  rig.pass(6s, false);
  ASSERT_EQ(rig.count("run.delayed"), 2U);
  EXPECT_EQ(rig.last("run.delayed").at("reason"), "waits for a turn: 16 programs and calls run at once");
  EXPECT_THAT(rig.told.back(), HasSubstr("critical: run 18 of react on"));
  EXPECT_THAT(rig.told.back(), HasSubstr("has done nothing yet"));
}

TEST_F(Concurrency, AStormOfProgramsLeavesRoomForWhatOnlyPutsFilesRight) {
  Config config = two_rules();
  config.controls.push_back(control("banner", "/a", file("good")));
  config.workflows.push_back(workflow("banner", {"banner"}));
  config.limits.runs = 16;
  rig.configure(config);
  rig.start();
  flood(30);
  EXPECT_EQ(rig.count("run.running"), 11U) << "three quarters, of which an eighth is for critical findings";
  EXPECT_THAT(waits(30), HasSubstr("programs and calls: 11 of 12 runs are at work"));
  rig.changes("/a", "bad");
  rig.settle(false);
  EXPECT_EQ(rig.last("step.intended").at("run"), 31) << "while 19 others wait";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 31U);
}

TEST_F(Concurrency, PeopleAreToldOfASourceThatIsNotReadOn) {
  Config config = two_rules();
  config.limits.runs = 4;
  config.limits.waiting = 10;
  rig.configure(config);
  rig.start();
  flood(20);
  rig.pass(1s, false);
  EXPECT_EQ(rig.count("source.delayed"), 0U);
  rig.pass(2s, false);
  ASSERT_EQ(rig.count("source.delayed"), 1U);
  EXPECT_EQ(rig.last("source.delayed").at("source"), "auth");
  EXPECT_THAT(rig.told.back(), HasSubstr("source auth is not read on: 18 runs have not begun (limits.waiting: 10)"));
  EXPECT_EQ(rig.core->figures().delayed, 1U);
  rig.settle();
  rig.pass(6s, false);
  EXPECT_EQ(rig.last("source.resumed").at("source"), "auth");
  EXPECT_EQ(rig.count("source.delayed"), 1U);
}

TEST_F(Concurrency, MoreThanPeopleCanLookAtAreNotHeldOneByOne) {
  Config config = two_rules();
  config.workflows[0].guards.threshold = {{3, 10min, Per::workflow}};
  config.workflows[1].guards.threshold = {{1, 10min, Per::workflow}};
  config.limits.held = 8;
  rig.configure(config);
  rig.start();
  flood(40);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
  EXPECT_EQ(rig.count("run.held"), 7U) << "an eighth is for critical findings";
  EXPECT_EQ(rig.core->projection().runs().size(), 7U);
  EXPECT_EQ(rig.core->projection().findings().size(), 40U) << "each is on record";
  EXPECT_EQ(rig.last("verdict.suppressed").at("guard"), "held");
  EXPECT_THAT(
      rig.last("verdict.suppressed").at("reason").get<std::string>(),
      HasSubstr("7 of its runs wait for a person already (limits.held: 8, 1 of them for critical findings only; what "
                "is beyond waits until half are decided); threshold: admitted 3 times"));
  const auto suppressed = rig.count("verdict.suppressed");
  EXPECT_EQ(suppressed, 30U);
  EXPECT_EQ(std::ranges::count_if(rig.told, [](const std::string& text) { return text.contains("further findings"); }),
            1);
  take_over();
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U) << "another workflow goes on";

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  rig.pass(1s);
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 10U) << "three more are asked about";
  EXPECT_EQ(rig.count("verdict.suppressed"), suppressed) << "said once";
}

TEST_F(Concurrency, NorProposedOneByOne) {
  Config config = configuration(Mode::propose);
  config.limits.held = 8;
  rig.configure(config);
  rig.start();
  flood(10);
  rig.settle();
  const auto held = rig.count("run.held");
  ASSERT_GE(held, 7U);
  flood(40);
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), held);
  EXPECT_EQ(rig.core->projection().findings().size(), 40U);
  EXPECT_THAT(rig.last("verdict.suppressed").at("reason").get<std::string>(), EndsWith("; mode propose"));
}

TEST_F(Concurrency, BeyondThatWhatTheGuardsAdmitStillRuns) {
  Config config = two_rules();
  config.workflows[0].guards.threshold = {{2, 10min, Per::workflow}};
  config.limits.held = 1;
  rig.configure(config);
  rig.start();
  flood(5);
  rig.settle();
  ASSERT_EQ(rig.count("run.held"), 1U);
  rig.pass(11min);
  flood(6);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U) << "the window of the threshold is over";
  EXPECT_EQ(rig.count("run.held"), 1U);
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
