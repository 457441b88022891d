// Dead letters of a notifier that is gone: a person has another one take them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/core_notify_rig_test.h"

namespace aright::engine {
namespace {

class ByAnother : public test::CoreNotify {
 protected:
  /// Notification 1 is dead, and its notifier `ops` is `pager` now.
  void rename() {
    hand.refuses = [](const Notification&) { return test::refused; };
    begin(test::telling(test::tells("x")));
    rig->changes("/a", "bad");
    rig->settle();
    ASSERT_EQ(rig->count("notification.dead"), 1U);
    Config config = test::one_file();
    config.notify.notifiers = {{.name = "pager"}};
    rig->configure(config);
    ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
    rig->settle();
    hand.refuses = nullptr;
  }
  [[nodiscard]] std::string why_not(const RetryNotifications& command) {
    const auto answer = rig->ask(command);
    return answer ? "" : answer.error().message;
  }
};

TEST_F(ByAnother, ARetryOfOneThatHasNoNotifierSaysHowAnotherTakesIt) {
  rename();
  EXPECT_EQ(why_not({.id = 1}),
            "there is no notifier ops in aright.yaml; `aright notifications retry 1 --to pager` sends it by another");
  for (const std::string notifier : {"", "ops"}) {
    EXPECT_EQ(why_not({.id = 0, .notifier = notifier}),
              "nothing is retried: 1 notification of ops: aright.yaml has no such notifier; `aright notifications "
              "retry --notifier ops --to pager` sends what is dead by another");
  }
  EXPECT_EQ(why_not({.id = 1, .notifier = "", .to = "nobody"}), "there is no notifier nobody in aright.yaml");
  EXPECT_EQ(rig->count("notification.retried"), 0U);
}

TEST_F(ByAnother, WhoHadItSentIsOnRecordAndItIsTheOtherNotifiersFromThenOn) {
  rename();
  hand.refuses = [](const Notification&) { return test::nobody_there; };
  const auto answer = rig->ask(RetryNotifications{.id = 0, .notifier = "ops", .to = "pager"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (Json{{"retried", 1}, {"to", "pager"}}));
  rig->settle();
  const Json retried = rig->last("notification.retried");
  EXPECT_EQ(retried.at("to"), "pager");
  EXPECT_EQ(retried.at("by"), "alice");
  EXPECT_EQ(rig->core->projection().notifications().queued("pager"), 1U);
  EXPECT_EQ(rig->core->projection().notifications().queued("ops"), 0U);
  hand.refuses = nullptr;
  rig->restart();  // from the rows
  rig->settle();
  rig->pass(std::chrono::seconds{2});
  ASSERT_FALSE(hand.got.empty());
  EXPECT_EQ(hand.got.back().id, 1U);
  EXPECT_EQ(hand.got.back().notifier, "pager");
}

TEST_F(ByAnother, WhatIsNotDeadStaysWithItsNotifier) {
  hand.refuses = [](const Notification&) { return test::nobody_there; };
  Config config = test::telling(test::tells("x"));
  config.notify.notifiers.push_back({.name = "pager"});
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->core->projection().notifications().queued("ops"), 1U);
  EXPECT_EQ(why_not({.id = 1, .notifier = "", .to = "pager"}),
            "no notification 1 is dead, and only those go by another notifier");
  const auto all = rig->ask(RetryNotifications{.id = 0, .notifier = "", .to = "pager"});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->at("note"), "nothing is dead");
}

TEST_F(ByAnother, WhenItDiesForWantOfItsNotifierTheWayOutIsTold) {
  hand.refuses = [](const Notification&) { return test::nobody_there; };
  begin(test::telling(test::tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  Config config = test::one_file();
  config.notify.notifiers = {{.name = "pager"}};
  ASSERT_TRUE(rig->ask(Reload{config, nullptr}));
  rig->settle();
  rig->pass(std::chrono::seconds{2});
  EXPECT_THAT(rig->told, testing::Contains(testing::HasSubstr(
                             "once it is there again, `aright notifications retry 1` tries it again, "
                             "`aright notifications retry 1 --to pager` sends it by another")));
}

}  // namespace
}  // namespace aright::engine
