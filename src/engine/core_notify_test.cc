#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/core_notify_rig_test.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using test::CoreNotify;
using test::nobody_there;
using test::refused;
using test::telling;
using test::tells;

TEST_F(CoreNotify, AStepTellsWhatItsTextNames) {
  begin(telling(tells("put right ${ finding.subject.id } in run ${ run.id }")));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(hand.got[0].what.text, "put right /a in run 1");
  EXPECT_EQ(hand.got[0].what.severity, Level::high);
  EXPECT_EQ(hand.got[0].what.run, 1U);
  EXPECT_EQ(rig->last("notification.sent").at("outcome"), "taken");
  EXPECT_TRUE(rig->core->projection().notifications().all().empty());
}

TEST_F(CoreNotify, AStepIsAsGraveAsWhatItIsAboutUnlessItSaysSo) {
  Config config = telling({Step::Notify{"ops", "", "unsaid"}});
  config.workflows[0].steps.push_back({Step::Notify{"ops", "", "said", Level::low}});
  config.controls[0].severity = Level::critical;
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(hand.got.size(), 2U);
  EXPECT_EQ(hand.got[0].what.severity, Level::critical);
  EXPECT_EQ(hand.got[1].what.severity, Level::low);
}

TEST_F(CoreNotify, APartWithoutAValueSaysSoAndHoldsNothingUp) {
  begin(telling(tells("a ${ event.nothing } b")));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(hand.got[0].what.text, "a ‹event has no value› b");
}

TEST_F(CoreNotify, ADeadNotifierHoldsNoRunUp) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("notification.sent"), 0U);
  EXPECT_EQ(rig->core->projection().notifications().queued("ops"), 1U);
}

TEST_F(CoreNotify, WhatFailsIsTriedAgainAfterGrowingWaitsAndThenArrives) {
  int left = 3;
  hand.refuses = [&](const Notification&) { return left-- > 0 ? std::optional(nobody_there) : std::nullopt; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->count("notification.failed"), 1U);
  rig->pass(900ms);
  EXPECT_EQ(rig->count("notification.failed"), 1U) << "before its second is over";
  rig->pass(200ms);
  EXPECT_EQ(rig->count("notification.failed"), 2U);
  rig->pass(7s);
  EXPECT_EQ(rig->count("notification.failed"), 3U);
  EXPECT_EQ(rig->last("notification.sent").at("tries"), 4U);
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(hand.got[0].id, 1U);
}

TEST_F(CoreNotify, AfterItsTimeItIsDeadAndARetryBringsIt) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  Config config = telling(tells("x"));
  config.notify.notifiers[0].give_up = 10min;
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(9min);
  EXPECT_EQ(rig->count("notification.dead"), 0U);
  rig->pass(6min);
  ASSERT_EQ(rig->count("notification.dead"), 1U);
  EXPECT_EQ(dead().at("outcome"), "given up after 10m: nobody listens");
  hand.refuses = nullptr;
  const auto answer = rig->ask(RetryNotifications{.id = 1});
  ASSERT_TRUE(answer) << answer.error().message;
  rig->settle();
  EXPECT_EQ(rig->last("notification.retried").at("by"), "alice");
  ASSERT_EQ(hand.got.size(), 1U);
  const auto again = rig->ask(RetryNotifications{.id = 1});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::not_found);
}

TEST_F(CoreNotify, ARetryOfAllSaysWhyNothingIsRetried) {
  hand.refuses = [](const Notification&) { return refused; };
  begin(telling(tells("x")));
  EXPECT_EQ(rig->ask(RetryNotifications{})->at("note"), "nothing is queued or dead");
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->count("notification.dead"), 1U);
  ASSERT_TRUE(rig->ask(Reload{test::one_file(), nullptr}));
  rig->settle();
  const auto answer = rig->ask(RetryNotifications{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::conflict);
  EXPECT_EQ(answer.error().message, "nothing is retried: 1 notification of ops: aright.yaml has no such notifier");
}

TEST_F(CoreNotify, OneThatIsRefusedForGoodDoesNotHoldUpTheNext) {
  hand.refuses = [](const Notification& n) { return n.id == 1 ? std::optional(refused) : std::nullopt; };
  Config config = telling(tells("first"));
  config.workflows[0].steps.push_back(tells("second"));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(dead().at("notification"), 1U);
  EXPECT_EQ(dead().at("outcome"), "refused: no such channel");
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(hand.got[0].what.text, "second");
}

TEST_F(CoreNotify, OneThatIsNotTakenDoesNotHoldUpTheOthers) {
  hand.refuses = [](const Notification& n) { return n.id == 1 ? std::optional(nobody_there) : std::nullopt; };
  Config config = telling(tells("first"));
  for (const char* text : {"second", "third"}) config.workflows[0].steps.push_back(tells(text));
  config.notify.notifiers[0].give_up = 10min;
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(500ms);
  ASSERT_EQ(hand.got.size(), 2U);
  EXPECT_EQ(hand.got[0].id, 2U);
  EXPECT_EQ(hand.got[1].id, 3U);
  EXPECT_EQ(rig->count("notification.failed"), 1U);
  rig->pass(3s);
  EXPECT_EQ(rig->count("notification.failed"), 3U) << "after one second, and two more";
  rig->pass(20min);
  EXPECT_EQ(rig->count("notification.dead"), 1U);
  EXPECT_EQ(dead().at("notification"), 1U);
}

TEST_F(CoreNotify, WhereNothingIsTakenAllWaitAndComeInTheirOrder) {
  bool down = true;
  hand.refuses = [&](const Notification&) { return down ? std::optional(nobody_there) : std::nullopt; };
  Config config = telling(tells("first"));
  for (const char* text : {"second", "third"}) config.workflows[0].steps.push_back(tells(text));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(1900ms);
  EXPECT_EQ(rig->count("notification.failed"), 2U) << "one more than of one alone: to see whether it is that one";
  down = false;
  rig->pass(1s);
  ASSERT_EQ(hand.got.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(hand.got[i].id, i + 1);
}

TEST_F(CoreNotify, WhatWaitsSurvivesARestartUnderTheSameId) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  hand.refuses = nullptr;
  rig->restart();
  rig->settle();
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_EQ(hand.got[0].id, 1U);
  EXPECT_EQ(hand.got[0].tries, 1U);
}

TEST_F(CoreNotify, WhatComesTooFastIsCountedAndToldAsOne) {
  Config config = telling(tells("x"));
  config.notify.notifiers[0].messages = 2;
  for (int i = 0; i < 4; ++i) config.workflows[0].steps.push_back(tells("more"));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(hand.got.size(), 2U);
  EXPECT_EQ(rig->count("notification.folded"), 3U);
  rig->restart();
  rig->settle();
  rig->pass(61s);
  ASSERT_EQ(hand.got.size(), 3U);
  EXPECT_EQ(hand.got[2].what.notice, "summary");
  EXPECT_EQ(hand.got[2].what.data.at("folded"), 3U);
  EXPECT_EQ(hand.got[2].what.severity, Level::high);
}

TEST_F(CoreNotify, OneForANotifierThatIsGoneIsDeadAndSaysSo) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  Config without = test::one_file();
  ASSERT_TRUE(rig->ask(Reload{without, nullptr}));
  rig->settle();
  rig->pass(2s);
  EXPECT_EQ(dead().at("outcome"), "there is no notifier ops in aright.yaml");
  EXPECT_THAT(
      rig->told,
      testing::Contains(testing::HasSubstr("; once it is there again, `aright notifications retry 1` tries it again")));
  for (const NotifierFigures& figures : rig->core->notifiers()) EXPECT_EQ(figures.trouble, "") << figures.notifier;
}

TEST_F(CoreNotify, ATestIsTriedOnceBeforeWhatWaits) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  const auto answer = rig->ask(TestNotifier{"ops"});
  ASSERT_TRUE(answer) << answer.error().message;
  rig->settle();
  EXPECT_EQ(dead().at("notification"), answer->at("notification"));
  EXPECT_FALSE(rig->ask(TestNotifier{"nobody"}));
}

TEST_F(CoreNotify, AHeldRunIsToldToTheDefaultWithTheCommandsToAnswer) {
  Config config = test::one_file();
  config.workflows[0].mode = Mode::propose;
  config.notify = {{{.name = "ops"}}, {"ops"}};
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(hand.got.size(), 2U);  // the start comes first
  EXPECT_EQ(hand.got[0].what.notice, "node");
  EXPECT_EQ(hand.got[1].what.notice, "review");
  EXPECT_EQ(hand.got[1].what.review, rig->review());
  EXPECT_NE(hand.got[1].what.text.find("aright reviews approve 1"), std::string::npos) << hand.got[1].what.text;
}

TEST_F(CoreNotify, WhatWasTakenMayGoAndWhatWaitsStays) {
  hand.refuses = [](const Notification&) { return nobody_there; };
  begin(telling(tells("x")));
  rig->changes("/a", "bad");
  rig->settle();
  const auto gone = [&] { return rig->ask(Forget{{{}, {{"notification", "000000000001"}}, rig->now.wall}}); };
  auto answer = gone();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("rows"), 0);
  hand.refuses = nullptr;
  rig->pass(2s);
  rig->settle();
  ASSERT_EQ(rig->count("notification.sent"), 1U);
  answer = gone();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("rows"), 1);
}

TEST_F(CoreNotify, WhatIsErasedIsNotToldWhetherItWaitsOrIsDead) {
  hand.refuses = [](const Notification& n) { return std::optional(n.id == 1 ? refused : nobody_there); };
  Config config = telling(tells("rhubarb of ${ finding.subject.id }"));
  config.workflows[0].steps.push_back(tells("more rhubarb"));
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->count("notification.dead"), 1U);
  ASSERT_EQ(rig->core->projection().notifications().queued("ops"), 1U);
  const auto others = rig->ask(Erase{.subject = "file:/b", .reason = "a wish", .contents = {"none"}, .runs = {7}});
  ASSERT_TRUE(others) << others.error().message;
  EXPECT_EQ(others->at("messages_emptied"), 0);
  const auto answer = rig->ask(Erase{.subject = "file:/a", .reason = "a wish", .contents = {}, .runs = {1}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("messages_emptied"), 2);
  EXPECT_EQ(rig->count("contents.erased"), 2U);
  EXPECT_EQ(rig->count("notification.erased"), 2U);
  EXPECT_FALSE(rig->ask(Erase{.subject = "file:/a", .reason = "a wish", .contents = {}, .runs = {1}})) << "all is done";
  rig->restart();  // from the rows
  rig->settle();
  hand.refuses = nullptr;
  ASSERT_TRUE(rig->ask(RetryNotifications{}));
  rig->settle();
  ASSERT_EQ(hand.got.size(), 2U);
  for (const Notification& n : hand.got) {
    EXPECT_EQ(n.to_json().dump().find("rhubarb"), std::string::npos) << n.to_json();
    EXPECT_EQ(n.what.run, 1U) << "what it is about stays";
    EXPECT_EQ(n.what.severity, Level::high);
  }
}

TEST_F(CoreNotify, WhatIsToldAsOneNamesNothingThatIsErased) {
  Config config = telling({Step::Notify{"ops", "rhubarb", "x", Level::high}});
  for (int i = 0; i < 3; ++i) config.workflows[0].steps.push_back(config.workflows[0].steps.back());
  config.notify.notifiers[0].messages = 2;
  begin(std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->count("notification.folded"), 2U);
  ASSERT_TRUE(
      rig->ask(Erase{.subject = "file:/a", .reason = "a wish", .contents = {"none"}, .runs = {1}, .folded = true}));
  hand.got.clear();
  rig->restart();
  rig->pass(2min);
  ASSERT_EQ(hand.got.size(), 1U);
  EXPECT_NE(hand.got[0].what.text.find("2 × step"), std::string::npos) << hand.got[0].what.text;
  EXPECT_EQ(hand.got[0].what.text.find("rhubarb"), std::string::npos) << hand.got[0].what.text;
}

TEST_F(CoreNotify, AStartAfterAnEndWithoutAStopSaysSo) {
  Config config = test::one_file();
  config.notify = {{{.name = "ops"}}, {"ops"}};
  begin(std::move(config));
  rig->restart();
  rig->settle();
  ASSERT_EQ(hand.got.size(), 2U);
  EXPECT_EQ(hand.got[0].what.data.at("unclean"), false);
  EXPECT_EQ(hand.got[1].what.data.at("unclean"), true);
}

TEST_F(CoreNotify, TextsFitIntoAnEntryWhateverIsInThem) {
  NewNotification what{.notice = "step", .title = std::string(5000, '\x01'), .text = std::string(9000, '"')};
  what.data = {{"long", std::string(5000, 'x')}};
  const NewNotification fit = what.fitting();
  EXPECT_LE(canonical_json(Json(fit.text))->size(), notice_text_max);
  EXPECT_LE(canonical_json(Json(fit.title))->size(), notice_title_max);
  EXPECT_EQ(fit.data, (Json{{"left_out", true}}));
  EXPECT_EQ((NewNotification{.notice = "x", .text = "a\nb"}).fitting().text, "a\nb");
}

}  // namespace
}  // namespace aright::engine
