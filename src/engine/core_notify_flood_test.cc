// More messages than one may get: what is critical comes all the same.
#include "engine/core_notify_rig_test.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using test::CoreNotify;
using test::nobody_there;
using test::telling;

Step tells_as(const std::string& title, Level severity) { return {Step::Notify{"ops", title, "x", severity}}; }

TEST_F(CoreNotify, AFloodDoesNotKeepBackWhatIsCritical) {
  Config config = telling(tells_as("common 1", Level::high));
  config.notify.notifiers[0].messages = 2;
  auto& steps = config.workflows[0].steps;
  for (const char* title : {"common 2", "common 3", "common 4"}) steps.push_back(tells_as(title, Level::high));
  for (const char* title : {"worst 1", "worst 2"}) steps.push_back(tells_as(title, Level::critical));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(hand.got.size(), 3U) << "two, and one besides of what is critical";
  EXPECT_EQ(hand.got[0].what.title, "worst 1") << "before what waited already";
  EXPECT_EQ(rig->count("notification.folded"), 3U);
  rig->restart();
  rig->pass(61s);
  ASSERT_EQ(hand.got.size(), 4U);
  const std::string& text = hand.got[3].what.text;
  EXPECT_LT(text.find("critical: worst 2"), text.find("high: common 3")) << text;
  EXPECT_EQ(text.find("common 4") == std::string::npos, false) << text;
}

TEST_F(CoreNotify, WhatIsCriticalIsTriedAtOnceHoweverLongOthersHaveToWait) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  Config config = telling(tells_as("common", Level::high));
  config.workflows[0].steps.push_back({.act = Step::Wait{10min}});
  config.workflows[0].steps.push_back(tells_as("worst", Level::critical));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(590s);
  const auto tries = rig->count("notification.failed");
  hand.refuses = nullptr;
  rig->pass(5s);
  ASSERT_EQ(rig->count("notification.failed"), tries);
  ASSERT_TRUE(hand.got.empty()) << "it is not to be tried before minutes have gone by";
  rig->pass(10s);
  ASSERT_EQ(hand.got.size(), 2U);
  EXPECT_EQ(hand.got[0].what.title, "worst");
}

TEST_F(CoreNotify, AFullQueueTakesWhatIsCritical) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  Config config = telling(tells_as("common 1", Level::high));
  config.notify.notifiers[0].queue = 2;
  auto& steps = config.workflows[0].steps;
  for (const char* title : {"common 2", "common 3"}) steps.push_back(tells_as(title, Level::high));
  steps.push_back(tells_as("worst", Level::critical));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->core->projection().notifications().queued("ops"), 3U);
  hand.refuses = nullptr;
  rig->pass(2s);
  ASSERT_FALSE(hand.got.empty());
  EXPECT_EQ(hand.got[0].what.title, "worst");
}

TEST_F(CoreNotify, WhatWaitsToBeToldAsOneIsDeadWithItsNotifier) {
  Config config = telling(tells_as("common 1", Level::high));
  config.notify.notifiers[0].messages = 1;
  for (const char* title : {"common 2", "common 3"}) config.workflows[0].steps.push_back(tells_as(title, Level::high));
  begin(config);
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->count("notification.folded"), 2U);
  config.notify.notifiers[0].name = "others";
  config.workflows[0].steps = {Step{}};
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
  rig->settle();
  EXPECT_EQ(dead().at("outcome"), "there is no notifier ops in aright.yaml");
  EXPECT_EQ(rig->last("notification.queued").at("folds"), 2);
  EXPECT_EQ(rig->core->projection().notifications().count_of("ops").folded.count, 0U);
}

}  // namespace
}  // namespace aright::engine
