// Answers hold for the state they were about, and occurrences tell of every other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Config asks_first() {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  return config;
}

/// Of the only workflow, as `explain` words it.
std::string told_of(Rig& rig) {
  rig.feed(Asked{1, Explain{"/a"}, {1000, "alice", {}}});
  rig.settle();
  return rig.answers.back()->at("controls").at(0).at("workflows").at(0).at("why").get<std::string>();
}

/// A proposal on "bad", which ends in `no`.
void refuse(Rig& rig, const std::string& no) {
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.held"), 1U);
  if (no == "denied") {
    ASSERT_TRUE(rig.ask(Deny{rig.review(), "leave it"}));
  } else {
    rig.pass(25h);
  }
  rig.settle();
  ASSERT_EQ(rig.count("run." + no), 1U);
}

class Refused : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Answers, Refused, ::testing::Values("denied", "expired"));

TEST_P(Refused, HoldsForTheStateItWasAboutAndAnotherAsksAgain) {
  Rig rig(asks_first());
  refuse(rig, GetParam());
  rig.hint("/a");
  rig.pass(2min);
  EXPECT_EQ(rig.count("run.created"), 1U) << "the same state";
  rig.changes("/a", "worse");
  rig.pass(5s);
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
  EXPECT_EQ(rig.last("finding.occurred").at("finding"), rig.last("finding.opened").at("finding"));
}

TEST_P(Refused, HoldsAcrossARestartAndAChangeMeanwhileAsksAgain) {
  Rig rig(asks_first());
  refuse(rig, GetParam());
  rig.restart();
  rig.pass(2min);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.driver.states["/a"] = file("worse");
  rig.restart();
  rig.pass(2min);
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
}

TEST_P(Refused, AsksOnceForEachStateAndNeverTwiceAtOnce) {
  Rig rig(asks_first());
  refuse(rig, GetParam());
  for (int i = 0; i < 20; ++i) {
    rig.changes("/a", "worse " + std::to_string(i));
    rig.settle();
  }
  rig.pass(10min);
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
}

TEST(Answers, ADeniedDifferenceIsNotAskedAboutByRescanAnExpiredOneIs) {
  Rig denied(asks_first());
  refuse(denied, "denied");
  denied.pass(1min);
  ASSERT_TRUE(denied.ask(Rescan{}));
  denied.pass(1min);
  EXPECT_EQ(denied.count("run.created"), 1U);
  EXPECT_THAT(told_of(denied), HasSubstr("a person said no to exactly this"));
  Rig expired(asks_first());
  refuse(expired, "expired");
  EXPECT_THAT(told_of(expired), HasSubstr("`rescan` asks again"));
  ASSERT_TRUE(expired.ask(Rescan{}));
  expired.pass(1min);
  EXPECT_EQ(expired.count("run.created"), 2U);
}

TEST(Answers, ANoIsAboutWhatWasPlannedNotWhatCameLater) {
  Rig rig(asks_first());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(1min);
  rig.changes("/a", "worse");  // while the proposal on "bad" waits
  rig.settle();
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  rig.pass(5s);
  EXPECT_EQ(rig.count("run.created"), 2U);
}

TEST(Answers, InModeAutoAnotherStateGoesThroughTheGuards) {
  Rig rig(one_file());
  rig.start();
  for (int i = 1; i <= 4; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
  }
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  rig.changes("/a", "bad 5");
  rig.pass(5s);
  EXPECT_EQ(rig.count("run.held"), 2U) << "the window is full";
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  rig.pass(11min);
  EXPECT_EQ(rig.driver.state("/a"), file("bad 5"));
  rig.changes("/a", "bad 6");
  rig.pass(5s);
  EXPECT_EQ(rig.driver.state("/a"), file("good")) << "the window has room";
}

TEST(Answers, AnotherStateIsPlannedAnewInModePlanAfterGrowingWaits) {
  Config config = one_file();
  config.workflows[0].mode = Mode::plan;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.pass(1min);
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.planned"), 1U);
  rig.changes("/a", "worse");
  rig.pass(15s);
  EXPECT_EQ(rig.count("run.planned"), 2U);
  for (int i = 0; i < 600; ++i) {
    rig.changes("/a", "never the same " + std::to_string(i));
    rig.pass(1s);
  }
  EXPECT_LT(rig.count("run.planned"), 10U);
}

Config another_file_first() {
  Config config = one_file();
  config.workflows[0].steps = {own("/q", "new"), Step{}};
  return config;
}
/// Then the second step fails, and the first cannot be undone.
void refuse_all_but_the_first(Rig& rig) {
  rig.driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.key == "r1-0") return std::nullopt;
    return Result<ApplyOutcome>(fail(Errc::denied, "no way, neither there nor back"));
  };
}

TEST(Answers, AFailedRollbackHoldsForWhatItLeftAndRescanTriesAgainOnceItsReviewIsDecided) {
  Rig rig(another_file_first());
  refuse_all_but_the_first(rig);
  rig.start();
  rig.changes("/a", "bad");
  rig.pass(1h);
  ASSERT_EQ(rig.count("run.rollback_failed"), 1U);
  EXPECT_EQ(rig.count("run.created"), 1U);
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.created"), 1U) << "nobody has looked at the review yet";
  rig.driver.on_apply = nullptr;
  const auto noted = rig.ask(Approve{rig.review(), "mended by hand"});
  ASSERT_TRUE(noted);
  EXPECT_THAT(noted->at("note").get<std::string>(), HasSubstr("rescan tries again"));
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.created"), 1U);
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(Answers, AFailedRollbackLetsAnotherStateThroughTheGuardsAlsoAfterARestart) {
  Rig rig(another_file_first());
  refuse_all_but_the_first(rig);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.rollback_failed"), 1U);
  rig.driver.on_apply = nullptr;
  rig.restart();
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.changes("/a", "worse");
  rig.pass(1min);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Answers, WhatARunInDoubtIsDeniedAboutMayBeAnsweredAtOnceWhenSomethingChanges) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) {
    return std::optional(Result<ApplyOutcome>(fail(Errc::timeout, "no answer")));
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.pass(1min);
  ASSERT_EQ(rig.count("run.unknown"), 1U);
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "it did not"}));
  rig.settle();
  rig.driver.on_apply = nullptr;
  rig.changes("/a", "new");
  rig.pass(2s);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Answers, FromBeforeTheyNamedAStateHoldForTheFirstThatIsRead) {
  Rig rig(asks_first());
  refuse(rig, "denied");
  rig.forget_states();
  rig.restart();
  rig.pass(2min);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.changes("/a", "worse");
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.created"), 2U);
}

TEST(Occurrences, EveryOtherStateIsOneAndTheSameAgainIsNone) {
  Rig rig(asks_first());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(10s);
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.count("finding.occurred"), 0U);
  rig.changes("/a", "worse");
  rig.settle();
  EXPECT_EQ(rig.count("finding.occurred"), 1U);
  rig.pass(10s);
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("finding.occurred"), 2U);
}

TEST(Occurrences, OfManyQuickChangesTheLastIsRecordedAndTheirNumberIsBounded) {
  Rig rig(asks_first());
  rig.start();
  for (int i = 0; i < 3000; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
    rig.pass(100ms);
  }
  const std::size_t during = rig.count("finding.occurred");
  EXPECT_GT(during, 6U);
  EXPECT_LT(during, 20U);
  rig.pass(70s);
  EXPECT_EQ(rig.count("finding.occurred"), during + 1);
  EXPECT_THAT(told_of(rig), HasSubstr("waits for a person"));
}

TEST(Occurrences, NobodyWithoutTheKeyCanGuessTheirStates) {
  Rig one(asks_first());
  Rig other(asks_first());
  other.remembered.key = "another key";
  for (Rig* rig : {&one, &other}) {
    rig->start();
    rig->changes("/a", "bad");
    rig->settle();
  }
  EXPECT_NE(one.last("finding.opened").at("about"), other.last("finding.opened").at("about"));
}

TEST(Answers, OfAFindingThatIsOverTheNoteNamesWhatHelps) {
  Rig rig(another_file_first());
  refuse_all_but_the_first(rig);
  rig.start();
  rig.changes("/a", "bad");
  rig.pass(1h);
  ASSERT_EQ(rig.count("run.rollback_failed"), 1U);
  rig.changes("/a", "good");
  rig.settle();
  ASSERT_EQ(rig.count("finding.resolved"), 1U);
  const auto noted = rig.ask(Deny{rig.review(), "seen"});
  ASSERT_TRUE(noted);
  EXPECT_THAT(noted->at("note").get<std::string>(), HasSubstr("its finding is over"));
  EXPECT_THAT(noted->at("note").get<std::string>(), HasSubstr("`aright runs undo 1` takes it back"));
}

}  // namespace
}  // namespace aright::engine::test
