// Runs that tell, ask or wait, and change nothing.
#include <gtest/gtest.h>

#include "engine/core_notify_rig_test.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using test::CoreNotify;
using test::file;
using test::one_file;
using test::telling;
using test::tells;

Config only_telling() {
  Config config = telling(tells("look at ${ finding.subject.id }"));
  config.workflows[0].steps.erase(config.workflows[0].steps.begin());
  return config;
}

using CoreSteered = CoreNotify;

TEST_F(CoreSteered, SaysThatNothingWasChangedAndLeavesTheFindingOpen) {
  begin(only_telling());
  rig->changes("/a", "bad");
  rig->settle();
  const Json end = rig->last("run.succeeded");
  EXPECT_EQ(end.at("changed_nothing"), true);
  EXPECT_EQ(end.at("reason"), "every step has been taken, and nothing was changed");
  EXPECT_EQ(rig->core->projection().findings().size(), 1U);
  const auto figures = rig->core->figures().keys->view().workflows.begin()->second;
  EXPECT_EQ(figures.changed_nothing, 1U);
  EXPECT_EQ(figures.alone.count, 0U);
}

TEST_F(CoreSteered, TellsOnceWhileItReadsSo) {
  begin(only_telling());
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(2h);
  rig->settle();
  rig->restart();
  rig->settle();
  EXPECT_EQ(hand.got.size(), 1U);
  rig->changes("/a", "worse");
  rig->settle();
  rig->pass(2s);
  rig->settle();
  EXPECT_EQ(hand.got.size(), 2U) << "another state";
  rig->changes("/a", "good");
  rig->settle();
  rig->changes("/a", "worse");
  rig->settle();
  rig->pass(2s);
  rig->settle();
  EXPECT_EQ(hand.got.size(), 3U) << "another episode";
}

TEST_F(CoreSteered, IsNoAnswerOfAnotherDefinition) {
  Config config = only_telling();
  begin(config);
  rig->changes("/a", "bad");
  rig->settle();
  config.controls[0].title = "another";
  config.workflows[0].guards.threshold[0].runs = 77;
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
  rig->settle();
  EXPECT_EQ(hand.got.size(), 1U) << "it would say the same again";
  config.controls[0].desired.fields["content"] = "better";
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
  rig->settle();
  EXPECT_EQ(hand.got.size(), 2U) << "its control has changed";
  config.workflows[0].steps.push_back(one_file().workflows[0].steps[0]);
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
  rig->settle();
  EXPECT_EQ(rig->driver.states.at("/a"), file("better")) << "it tells first, and then puts right";
}

TEST_F(CoreSteered, WhatAlsoChangesSomethingIsNone) {
  begin(telling(tells("put right")));
  rig->changes("/a", "bad");
  rig->settle();
  const Json end = rig->last("run.succeeded");
  EXPECT_FALSE(end.contains("changed_nothing"));
  EXPECT_EQ(end.at("reason"), "every change read back as desired");
}

}  // namespace
}  // namespace aright::engine
