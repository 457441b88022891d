// At most so many runs are at work on one subject, whatever their workflows: who waits, for whom, who goes first, and
// that nobody waits for ever.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

constexpr const char* worse = R"(
---
title: Worse
name: worse
level: critical
logsource: { product: linux }
detection:
  selection: { what: worse }
  condition: selection
)";

class OnOneSubject : public Events {
 protected:
  OnOneSubject() { load(std::string(failed_login) + worse); }
  /// "react" and "tell" answer a failed login, "contain" what is critical.
  static Config several() {
    Config config = configuration(Mode::auto_);
    config.workflows.push_back(config.workflows[0]);
    config.workflows[1].name = "tell";
    config.controls.push_back(sigma_control("worse"));
    config.controls.back().severity = Level::critical;
    Workflow w = workflow("contain", {"worse"}, {react("${ event.address }")});
    w.guards.threshold = {{100, 10min, Per::workflow}};
    config.workflows.push_back(std::move(w));
    return config;
  }
  void begin(const Config& config) {
    rig.configure(config);
    rig.start();
  }
  void seen(const std::string& address, const std::string& what = "failed") {
    EventsRead read = batch({address});
    read.events.front().data["what"] = what;
    rig.feed(std::move(read));
    rig.settle(false);
  }
  [[nodiscard]] std::string waits(std::uint64_t run) const { return rig.core->waits().of(run, true); }
  [[nodiscard]] RunState state(std::uint64_t run) const { return rig.core->projection().runs().at(run).state; }
  void reload(const Config& config) {
    Reload to;
    to.config = config;
    to.rules = rig.rules;
    ASSERT_TRUE(rig.ask(std::move(to)));
  }
};

TEST_F(OnOneSubject, OneIsAtWorkAndTheOtherSaysForWhichItWaits) {
  begin(several());
  seen("192.0.2.1");
  EXPECT_EQ(rig.count("run.running"), 1U);
  EXPECT_EQ(waits(2), "waits for run 1, which is at work on host=192.0.2.1");
  seen("192.0.2.2");
  EXPECT_EQ(rig.count("run.running"), 2U) << "another subject waits for nobody";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
  EXPECT_EQ(waits(2), "");
}

TEST_F(OnOneSubject, AsManyAsTheNodeSays) {
  Config config = several();
  config.limits.subject = 2;
  begin(config);
  seen("192.0.2.1");
  seen("192.0.2.1", "worse");
  EXPECT_EQ(rig.count("run.running"), 2U);
  EXPECT_EQ(waits(3), "waits for one of the runs 1, 2, which are at work on host=192.0.2.1");
  rig.newest();
  rig.settle(false);
  EXPECT_EQ(rig.count("run.running"), 3U);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
}

TEST_F(OnOneSubject, WhatIsCriticalIsNextAndTellsThatItWaits) {
  begin(several());
  seen("192.0.2.1");
  seen("192.0.2.1", "worse");
  EXPECT_EQ(waits(3), "waits for run 1, which is at work on host=192.0.2.1");
  rig.pass(6s, false);
  ASSERT_EQ(rig.count("run.delayed"), 1U);
  EXPECT_EQ(rig.last("run.delayed").at("reason"), "waits for run 1, which is at work on host=192.0.2.1");
  rig.newest();
  rig.settle(false);
  EXPECT_EQ(rig.last("step.intended").at("run"), 3) << "before the one that came earlier";
  EXPECT_EQ(waits(2), "waits for run 3, which is at work on host=192.0.2.1");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
}

TEST_F(OnOneSubject, WhoeverWaitsForAPersonOrATimeHasNothing) {
  Config config = several();
  config.workflows[0].mode = Mode::propose;
  begin(config);
  seen("192.0.2.1");
  EXPECT_EQ(state(1), RunState::held);
  EXPECT_EQ(state(2), RunState::running);
  const auto early = rig.ask(Approve{rig.review(), "go"});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().retry, Retry::yes);
  EXPECT_EQ(early.error().message, "run 1 waits for run 2, which is at work on host=192.0.2.1; ask again");
  rig.settle();
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(OnOneSubject, AWaitGivesItBackAndTakesItAgain) {
  Config config = several();
  config.workflows[0].steps = {{Step::Wait{1min}}, react("${ event.address }")};
  begin(config);
  seen("192.0.2.1");
  EXPECT_EQ(state(1), RunState::waiting);
  EXPECT_EQ(state(2), RunState::running);
  rig.pass(61s, false);
  EXPECT_EQ(state(1), RunState::waiting);
  EXPECT_EQ(waits(1), "waits for run 2, which is at work on host=192.0.2.1");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(OnOneSubject, WhoWaitsForItIsAskedWhenItIsFreeAndNotBefore) {
  begin(several());
  for (int i = 1; i <= 10; ++i) seen("192.0.2." + std::to_string(i));
  ASSERT_EQ(rig.count("run.running"), 10U);
  const std::uint64_t before = rig.core->figures().asked_to_begin;
  for (int i = 0; i < 20; ++i) rig.pass(1s, false);
  EXPECT_EQ(rig.core->figures().asked_to_begin, before);
  rig.newest();
  EXPECT_LE(rig.core->figures().asked_to_begin, before + 2);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 20U);
}

TEST_F(OnOneSubject, NobodyWalksPastAllWhoWaitForOneResource) {
  Config config = several();
  config.workflows = {workflow("list", {"failed-login"}, {own("/q", "new")})};
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  begin(config);
  for (int i = 1; i <= 60; ++i) seen("192.0.2." + std::to_string(i));
  EXPECT_EQ(waits(60), "waits for run 1, which has file:/q");
  const std::uint64_t before = rig.core->figures().asked_to_begin;
  rig.newest();
  rig.settle(false);
  rig.settle();
  EXPECT_LE(rig.core->figures().asked_to_begin, before + 120) << "each in its turn, and the one behind it in vain";
  EXPECT_TRUE(rig.core->projection().runs().empty());
}

TEST_F(OnOneSubject, AHigherLimitLetsThemGoAtOnce) {
  begin(several());
  seen("192.0.2.1");
  ASSERT_EQ(rig.count("run.running"), 1U);
  Config config = several();
  config.limits.subject = 2;
  reload(config);
  rig.settle(false);
  EXPECT_EQ(rig.count("run.running"), 2U);
  EXPECT_EQ(rig.last("definition.loaded").at("definition"), "limits");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(OnOneSubject, AModeThatIsLoweredReachesThoseThatWait) {
  begin(several());
  seen("192.0.2.1");
  ASSERT_EQ(state(2), RunState::pending);
  ASSERT_TRUE(rig.ask(SetMode{"tell", Mode::observe, "enough"}));
  EXPECT_EQ(rig.count("run.cancelled"), 1U) << "although the other is at work still";
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST_F(OnOneSubject, ARestartKeepsWhoIsAtWork) {
  begin(several());
  rig.feed(batch({"192.0.2.1"}));  // its plan has not been made
  ASSERT_EQ(state(1), RunState::planning);
  rig.restart();
  EXPECT_EQ(state(1), RunState::planning);
  EXPECT_EQ(waits(2), "waits for run 1, which is at work on host=192.0.2.1");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(OnOneSubject, ExplainTellsWhoIsAtWork) {
  begin(several());
  seen("192.0.2.1");
  const auto answer = rig.ask(Explain{"host=192.0.2.1"});
  ASSERT_TRUE(answer) << answer.error().message;
  const std::string text = answer->dump();
  EXPECT_THAT(text, HasSubstr("run 2 waits for run 1, which is at work on host=192.0.2.1"));
  EXPECT_THAT(text, HasSubstr("on this subject 1 of 1 runs are at work: 1"));
}

TEST(OnOneFile, TwoControlsOnItAreOneSubject) {
  Config config = one_file();
  config.controls.push_back(control("b", "/a", {{"mode", "0644"}}));
  config.workflows.push_back(workflow("second", {"b"}, {own("/q", "new")}));  // nothing in common but the subject
  Rig rig(std::move(config));
  rig.start();
  rig.settle();
  rig.driver.states["/a"] = {{"exists", true}, {"content", "bad"}, {"mode", "0600"}};
  rig.hint("/a");
  rig.settle(false);
  ASSERT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.core->waits().of(2, true), "waits for run 1, which is at work on file:/a");
  rig.settle();
  EXPECT_EQ(rig.last("step.done").at("run"), 2);
}

}  // namespace
}  // namespace aright::engine::test
