// Decisions not to act: a finding's first by a guard and a minute's first are entries, the others are counted; and what
// a waiver keeps from being found is on record.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

/// Applies to nothing, so that each finding is decided about and nothing is done.
class Abstaining : public Events {
 protected:
  static Config never() {
    Config config = configuration(Mode::auto_);
    config.workflows[0].when = "false";
    return config;
  }
  void begin(const Config& config) {
    rig.configure(config);
    rig.start();
    rig.settle();
  }
  void seen(const std::vector<std::string>& addresses) {
    rig.feed(batch(addresses));
    rig.settle();
  }
  [[nodiscard]] std::uint64_t counted() const {
    std::uint64_t all = 0;
    for (const Json& e : rig.entries) {
      if (e.at("kind") == "verdicts.counted") all += e.at("count").get<std::uint64_t>();
    }
    return all;
  }
  /// The live rows and context are what the entries say.
  void replay() {
    Projection again;
    for (const Json& e : rig.entries) ASSERT_TRUE(again.apply(e));
    EXPECT_EQ(again.context(), rig.core->projection().context());
  }
  void waive(const std::string& control, const std::string& subject) {
    ASSERT_TRUE(rig.ask(Waive{control, subject, "known", "", Nanos{1h}}));
  }
};

/// Of a mode that does nothing nobody is asked, and nothing false is noted.
TEST(UndecidedWhen, IsNotedInModePlanAndObserveAndAskedAboutInOthers) {
  for (const Mode mode : {Mode::observe, Mode::plan, Mode::propose, Mode::auto_}) {
    SCOPED_TRACE(name(mode));
    Config config = one_file();
    config.workflows[0].mode = mode;
    config.workflows[0].when = "1 / (size(finding.differs) - 1) == 7";
    Rig rig(std::move(config));
    rig.start();
    rig.changes("/a", "bad");
    rig.settle();
    EXPECT_EQ(rig.count("run.held"), mode > Mode::plan ? 1U : 0U);
    EXPECT_EQ(rig.count("run.planned"), 0U);
    const Json explained = rig.ask(Explain{"file:/a"}).value_or(Json());
    if (mode == Mode::observe) {
      EXPECT_THAT(rig.last("run.observed").at("reason").get<std::string>(),
                  testing::StartsWith("would be held: when: whether it answers cannot be told"));
      EXPECT_THAT(explained.dump(), testing::HasSubstr("mode observe: noted, it would be held: when"));
    }
    if (mode == Mode::plan) {
      EXPECT_THAT(rig.last("verdict.suppressed").at("reason").get<std::string>(),
                  testing::StartsWith("whether it answers cannot be told"));
      EXPECT_THAT(explained.dump(), testing::HasSubstr("so nothing is planned"));
    }
  }
}

TEST_F(Abstaining, EachFindingsFirstIsAnEntry) {
  begin(never());
  seen({"192.0.2.1", "192.0.2.2"});
  EXPECT_EQ(rig.count("verdict.suppressed"), 2U);
  EXPECT_TRUE(rig.last("verdict.suppressed").at("first").get<bool>());
  rig.pass(2min);
  EXPECT_EQ(rig.count("verdicts.counted"), 0U) << "there is nothing beside them";
}

TEST_F(Abstaining, MoreOfTheSameIsCountedAndToldWhenTheMinuteIsOver) {
  begin(never());
  seen({"192.0.2.1"});
  for (int i = 0; i < 5; ++i) seen({"192.0.2.1"});
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U);
  EXPECT_EQ(rig.count("verdicts.counted"), 0U);
  ASSERT_TRUE(rig.wake);
  EXPECT_LE(*rig.wake - rig.now.boot, 60s);
  rig.pass(61s);
  ASSERT_EQ(rig.count("verdicts.counted"), 1U);
  const Json told = rig.last("verdicts.counted");
  EXPECT_EQ(told.at("guard"), "when");
  EXPECT_EQ(told.at("workflow"), "react");
  EXPECT_EQ(told.at("count"), 5);
  EXPECT_EQ(told.at("minute").get<std::string>().substr(17, 2), "00");
  replay();
}

TEST_F(Abstaining, OfAnotherMinuteTheFirstIsAnEntry) {
  begin(never());
  seen({"192.0.2.1"});
  rig.pass(61s);
  seen({"192.0.2.1"});
  seen({"192.0.2.1"});
  ASSERT_EQ(rig.count("verdict.suppressed"), 2U);
  EXPECT_FALSE(rig.last("verdict.suppressed").contains("first"));
  rig.pass(61s);
  EXPECT_EQ(counted(), 1U);
}

TEST_F(Abstaining, LookingAgainByItselfIsTheSameDecision) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].guards.cool_down = CoolDown{10min, Per::workflow};
  config.controls[0].resolve_after = 24h;
  begin(config);
  seen({"192.0.2.1"});
  seen({"192.0.2.2"});
  ASSERT_EQ(rig.count("verdict.suppressed"), 1U);
  rig.pass(5min);
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U);
  EXPECT_EQ(rig.count("verdicts.counted"), 0U);
  ASSERT_TRUE(rig.ask(Rescan{}));
  EXPECT_EQ(rig.count("verdict.suppressed"), 2U) << "a person has asked";
  ASSERT_TRUE(rig.ask(Rescan{}));
  EXPECT_EQ(rig.count("verdict.suppressed"), 2U);
  rig.pass(61s);
  EXPECT_EQ(counted(), 1U);
}

TEST_F(Abstaining, AnotherGuardsFirstIsAnEntryToo) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].guards.cool_down = CoolDown{2min, Per::workflow};
  Budget budget;
  budget.subjects = 1;
  budget.within = 1h;
  budget.staged = true;
  config.workflows[0].guards.budget = budget;
  config.workflows[0].when = "finding.occurrences > 1u";
  begin(config);
  seen({"192.0.2.1"});
  EXPECT_EQ(rig.last("verdict.suppressed").at("guard"), "when");
  seen({"192.0.2.2", "192.0.2.2"});
  ASSERT_EQ(rig.count("run.succeeded"), 1U);
  seen({"192.0.2.1"});
  EXPECT_EQ(rig.last("verdict.suppressed").at("guard"), "cool-down");
  EXPECT_TRUE(rig.last("verdict.suppressed").at("first").get<bool>());
}

TEST_F(Abstaining, AStopTellsWhatIsCounted) {
  begin(never());
  seen({"192.0.2.1"});
  seen({"192.0.2.1"});
  const Output out = rig.core->stop(rig.now);
  ASSERT_EQ(out.entries.size(), 2U);
  EXPECT_EQ(Json::parse(out.entries[0].bytes).at("kind"), "verdicts.counted");
  EXPECT_EQ(Json::parse(out.entries[1].bytes).at("kind"), "node.stopped");
}

TEST_F(Abstaining, AfterARestartItIsKnownWhoseFirstIsOnRecord) {
  begin(never());
  seen({"192.0.2.1"});
  rig.restart();
  rig.settle();
  seen({"192.0.2.1"});
  ASSERT_EQ(rig.count("verdict.suppressed"), 2U);
  EXPECT_FALSE(rig.last("verdict.suppressed").contains("first"));
}

TEST_F(Abstaining, WhereTheClockIsSetTheMinuteIsOver) {
  begin(never());
  seen({"192.0.2.1"});
  seen({"192.0.2.1"});
  rig.now.wall += 1h;
  seen({"192.0.2.9"});
  EXPECT_EQ(counted(), 1U);
}

TEST_F(Abstaining, InModeObserveMoreOfTheSameIsCountedAndNotInTheShadow) {
  Config config = configuration(Mode::observe);
  config.workflows[0].guards.threshold = {{2, 10min, Per::workflow}};
  begin(config);
  for (int i = 0; i < 4; ++i) seen({"192.0.2.1"});
  EXPECT_EQ(rig.count("run.observed"), 1U);
  rig.pass(61s);
  EXPECT_EQ(counted(), 3U);
  EXPECT_EQ(rig.last("verdicts.counted").at("guard"), "mode");
  seen({"192.0.2.1"});
  ASSERT_EQ(rig.count("run.observed"), 2U);
  EXPECT_TRUE(rig.last("run.observed").at("again").get<bool>());
  seen({"192.0.2.2"});
  EXPECT_EQ(rig.last("run.observed").at("reason"), "would run") << "two of two: what is seen again is no more runs";
  replay();
}

TEST_F(Abstaining, WhatAWaiverKeepsFromBeingFoundIsOnRecord) {
  begin(configuration(Mode::auto_));
  waive("failed-login", "host=192.0.2.1");
  seen({"192.0.2.1", "192.0.2.1", "192.0.2.2"});
  ASSERT_EQ(rig.count("verdict.waived"), 1U);
  const Json first = rig.last("verdict.waived");
  EXPECT_EQ(first.at("waiver"), 1);
  EXPECT_EQ(first.at("control"), "failed-login");
  EXPECT_EQ(first.at("subject"), "host=192.0.2.1");
  EXPECT_EQ(first.at("reason"), "known");
  EXPECT_EQ(first.at("source"), "auth:/log");
  EXPECT_EQ(first.at("count"), 2);
  for (int i = 0; i < 3; ++i) seen({"192.0.2.1"});
  EXPECT_EQ(rig.count("verdict.waived"), 1U);
  rig.pass(61s);
  EXPECT_EQ(rig.last("verdicts.counted").at("waiver"), 1);
  EXPECT_EQ(rig.last("verdicts.counted").at("subject"), "host=192.0.2.1");
  EXPECT_EQ(counted(), 3U);
  EXPECT_EQ(rig.core->projection().waivers().at(1).seen, 5U);
  EXPECT_EQ(rig.stored("waiver", "000000000001").at("seen"), 5);
  EXPECT_EQ(rig.core->figures().waived_events, 5U);
  const auto answer = rig.ask(Explain{"host=192.0.2.1"});
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->dump(), HasSubstr("it has kept at least 5 sightings from being found, recorded last at"));
  rig.restart();
  EXPECT_EQ(rig.core->projection().waivers().at(1).seen, 5U);
  replay();
}

TEST_F(Abstaining, BeforeAWaiverEndsItsCountIsTold) {
  begin(configuration(Mode::auto_));
  waive("failed-login", "host=192.0.2.1");
  seen({"192.0.2.1"});
  seen({"192.0.2.1"});
  ASSERT_TRUE(rig.ask(Unwaive{1, "over"}));
  EXPECT_EQ(counted(), 1U);
  EXPECT_EQ(rig.stored("waiver", "000000000001").at("seen"), 2);
  seen({"192.0.2.1"});
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  rig.pass(2min);
  EXPECT_EQ(counted(), 1U);
  replay();
}

TEST(AbstainingOnFiles, EveryOtherStateIsADecisionAndReadingItAgainIsNot) {
  Config config = one_file();
  config.workflows[0].when = "false";
  Rig rig(std::move(config));
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U);
  for (const char* content : {"worse", "worst"}) {
    rig.pass(3s);
    rig.changes("/a", content);
    rig.settle();
  }
  ASSERT_EQ(rig.count("finding.occurred"), 2U);
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U);
  rig.pass(61s);
  ASSERT_EQ(rig.count("verdicts.counted"), 1U);
  EXPECT_EQ(rig.last("verdicts.counted").at("count"), 2);
}

TEST(AbstainingOnFiles, AWaivedStateIsOnRecordWhenItIsSeen) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  ASSERT_TRUE(rig.ask(Waive{"a", "/a", "known", "", Nanos{1h}}));
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("verdict.waived"), 1U);
  EXPECT_EQ(rig.last("verdict.waived").at("differs"), Json({"content"}));
  EXPECT_EQ(rig.last("verdict.waived").at("source"), "watch");
  rig.changes("/a", "worse");
  rig.settle();
  EXPECT_EQ(rig.count("verdict.waived"), 1U);
  rig.pass(61s);
  EXPECT_EQ(rig.last("verdicts.counted").at("count"), 1);
  EXPECT_EQ(rig.count("finding.opened"), 0U);
}

}  // namespace
}  // namespace aright::engine::test
