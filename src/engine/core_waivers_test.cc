// Waivers: what is waived opens no finding and starts no run; when one ends, what is still wrong is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Waive waive(std::variant<WallTime, Nanos> lasts = Nanos{1h}) { return {"a", "file:/a", "known", "", lasts}; }

TEST(Waiver, TakesTheFindingAndKeepsNewOnesFromOpening) {
  Config config = one_file();
  config.workflows[0].mode = Mode::plan;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  const auto answer = rig.ask(waive());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("id"), 1);
  EXPECT_EQ(rig.last("finding.waived").at("by"), "waiver 1");
  EXPECT_EQ(rig.last("waiver.granted").at("owner"), "alice");
  EXPECT_TRUE(rig.core->projection().findings().empty());
  rig.changes("/a", "worse");
  rig.settle();
  rig.ask(Rescan{});
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(Waiver, CancelsRunsThatHaveDoneNothingAndClosesTheirReviews) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  rig.ask(waive());
  EXPECT_TRUE(rig.core->projection().reviews().empty());
  EXPECT_EQ(rig.last("review.decided").at("decision"), "closed");
  EXPECT_THAT(rig.last("run.cancelled").at("reason").get<std::string>(), HasSubstr("waiver 1: known"));
  EXPECT_TRUE(rig.driver.applied.empty());
}

TEST(Waiver, CancelsARunThatWaitsForTheEndOfAPause) {
  Rig rig(one_file());
  rig.start();
  rig.ask(Pause{"later"});
  rig.changes("/a", "bad");
  rig.settle();
  rig.ask(waive());
  rig.ask(Resume{"now"});
  rig.pass(1min);
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_TRUE(rig.driver.applied.empty());
}

TEST(Waiver, CancelsARunWhosePlansAreUnderWay) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  while (rig.count("run.planning") == 0) {
    ASSERT_FALSE(rig.work.empty());
    rig.one();
  }
  rig.ask(waive());
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  rig.settle();
  EXPECT_TRUE(rig.driver.applied.empty());
  EXPECT_EQ(rig.core->projection().runs().size(), 0U);
}

TEST(Waiver, LetsAnEffectThatIsUnderWayComeToItsEnd) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
  ASSERT_EQ(rig.count("step.intended"), 1U);
  rig.ask(waive());
  EXPECT_EQ(rig.count("run.cancelled"), 0U);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("finding.resolved"), 0U);
}

TEST(Waiver, ARunBetweenTwoEffectsIsUndoneNotLeftHalfDone) {
  Rig rig(two_steps());
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
  rig.ask(waive());
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
  EXPECT_THAT(rig.last("run.rolled_back").at("reason").get<std::string>(), HasSubstr("waiver 1 is in force"));
}

TEST(Waiver, ARunBetweenTwoEffectsThatMustNotReopenAsksAPerson) {
  Config config = two_steps();
  config.workflows[0].on_failure = OnFailure::review;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
  rig.ask(waive());
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  const auto refused = rig.ask(Approve{rig.review(), "go on"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("waiver 1 is in force"));
}

TEST(Waiver, ExpiresAndWhatIsStillWrongIsANewEpisodeThatIsAnswered) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.ask(waive(Nanos{30min}));
  rig.changes("/a", "bad");
  rig.pass(29min);
  EXPECT_TRUE(rig.driver.applied.empty());
  rig.pass(2min);
  EXPECT_EQ(rig.last("waiver.ended").at("how"), "expired");
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

TEST(Waiver, TheEndIsWokenFor) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.ask(waive(Nanos{30min}));
  ASSERT_TRUE(rig.wake);
  EXPECT_EQ(*rig.wake, rig.now.boot + 30min);
}

TEST(Waiver, SurvivesARestartAndExpiresWhileNobodyLooks) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.ask(waive(Nanos{30min}));
  rig.changes("/a", "bad");
  rig.settle();
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.core->projection().waivers().size(), 1U);
  EXPECT_TRUE(rig.driver.applied.empty());
  rig.now.wall += 31min;
  rig.now.boot = 1s;
  rig.now.boot_id = "another boot";
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.count("waiver.ended"), 1U);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Waiver, RemovedItIsAnsweredAtOnce) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.ask(waive());
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(Unwaive{1, "fixed upstream"}));
  rig.settle();
  EXPECT_EQ(rig.last("waiver.ended").at("how"), "removed");
  EXPECT_EQ(rig.last("finding.opened").at("source"), "waiver");
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  const auto again = rig.ask(Unwaive{1, "again"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::not_found);
}

TEST(Waiver, ASecondOneTakesThePlaceOfTheFirstWithoutALookInBetween) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.ask(waive(Nanos{10min}));
  rig.changes("/a", "bad");
  rig.settle();
  const auto longer = rig.ask(waive(Nanos{2h}));
  ASSERT_TRUE(longer);
  EXPECT_FALSE(longer->contains("note"));
  rig.settle();
  EXPECT_EQ(rig.last("waiver.ended").at("how"), "replaced");
  EXPECT_EQ(rig.core->projection().waivers().begin()->first, 2U);
  rig.pass(1h);
  EXPECT_TRUE(rig.driver.applied.empty());
  EXPECT_EQ(rig.count("finding.opened"), 0U);
  const auto shorter = rig.ask(waive(Nanos{10min}));
  ASSERT_TRUE(shorter);
  EXPECT_THAT(shorter->at("note").get<std::string>(),
              HasSubstr("it takes the place of waiver 2, which would have lasted until 2"));
}

TEST(Waiver, IsForOneControlOnOneSubject) {
  Config config = one_file();
  config.controls.push_back(control("b", "/b", {{"exists", true}, {"content", "good"}}));
  config.workflows[0].answers.push_back({"b", "", std::nullopt});
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.ask(waive());
  rig.changes("/b", "bad");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/b"), file("good"));
}

TEST(Waiver, APathStandsForTheSubjectOfItsFile) {
  Rig rig(one_file());
  rig.start();
  const auto answer = rig.ask(Waive{"a", "/a", "known", "platform", Nanos{1h}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("subject"), "file:/a");
  EXPECT_EQ(answer->at("owner"), "platform");
}

TEST(Waiver, WhatCannotBeWaivedIsRefused) {
  Rig rig(one_file());
  rig.start();
  const auto says = [&](const Waive& command) {
    auto answer = rig.ask(command);
    return answer ? std::string("granted") : answer.error().message;
  };
  EXPECT_THAT(says({"aa", "file:/a", "x", "", Nanos{1h}}), HasSubstr("did you mean `a`"));
  EXPECT_THAT(says({"a", "file:/b", "x", "", Nanos{1h}}), HasSubstr("does not look at file:/b"));
  EXPECT_THAT(says({"a", "", "x", "", Nanos{1h}}), HasSubstr("does not look at"));
  EXPECT_THAT(says(waive(rig.now.wall)), HasSubstr("in the future"));
  EXPECT_THAT(says(waive(WallTime::min())), HasSubstr("in the future"));
  EXPECT_THAT(says(waive(rig.now.wall + 24h * 367)), HasSubstr("at most 366d"));
  EXPECT_THAT(says({"a", "file:/a", "x", std::string(300, 'o'), Nanos{1h}}), HasSubstr("owner is longer"));
  EXPECT_EQ(rig.count("waiver.granted"), 0U);
}

TEST(Waiver, TheLogItselfDoesNotLetAFindingOpenUnderIt) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  Projection replay;
  Json opened;
  for (const Json& entry : rig.entries) {
    if (entry.at("kind") == "finding.opened") opened = entry;
    if (!opened.is_null()) break;
    ASSERT_TRUE(replay.apply(entry));
  }
  Projection waived = replay;
  Json granted{{"v", 1}, {"kind", "waiver.granted"}, {"waiver", 1}, {"control", "a"}, {"subject", "file:/a"}};
  granted.update(Json{{"reason", "x"}, {"owner", "x"}, {"by", "x"}, {"expires_at", rfc3339(rig.now.wall + 1h)}});
  for (const char* key : {"seq", "at", "up"}) granted[key] = opened.at(key);
  ASSERT_TRUE(waived.apply(granted));
  EXPECT_FALSE(waived.apply(granted));
  Json later = opened;
  later["seq"] = opened.at("seq").get<std::uint64_t>() + 1;
  EXPECT_FALSE(waived.apply(later));
  EXPECT_TRUE(replay.apply(opened));
}

}  // namespace
}  // namespace aright::engine::test
