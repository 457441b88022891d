// Guards as the engine asks them: windows, and what thresholds count by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The rig begins on a Friday at 08:00 UTC.
Config allowed_from(std::chrono::minutes from, std::chrono::minutes to) {
  Config config = one_file();
  TimeWindow window;
  window.allow = {DaySpan{.from = from, .to = to}};
  config.workflows[0].guards.window = window;
  return config;
}

std::string explained_last(Rig& rig) {
  rig.feed(Asked{1, Explain{"file:/a"}, {1000, "alice", {}}});
  while (!rig.work.empty() && std::holds_alternative<DoLook>(rig.work.back())) rig.newest();
  return rig.answers.back().value_or(Json()).at("sentences").back().get<std::string>();
}

TEST(Window, WaitsForItAndIsAskedAgainWhenItOpens) {
  Rig rig(allowed_from(9h, 10h));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 0U);
  EXPECT_EQ(rig.last("verdict.suppressed").at("guard"), "window");
  EXPECT_THAT(rig.last("verdict.suppressed").at("reason").get<std::string>(),
              HasSubstr("Fri 08:00:00 in UTC is outside the allowed times; it opens 2027-01-15T09:00:00"));
  EXPECT_THAT(explained_last(rig), HasSubstr("window: Fri 08:00:00 in UTC is outside"));
  rig.pass(59min);
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U) << "recorded once";
  EXPECT_EQ(rig.driver.applied.size(), 0U);
  rig.pass(2min);
  EXPECT_EQ(rig.driver.applied.size(), 1U);
  EXPECT_EQ(rig.last("run.succeeded").at("run"), 1);
}

TEST(Window, AWallClockSetForwardIsNoticed) {
  Rig rig(allowed_from(20h, 21h));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.now.wall += 12h + 30min;
  rig.pass(16min);
  EXPECT_EQ(rig.driver.applied.size(), 1U);
}

TEST(Window, OutsideItMayBeHeldAndAPersonMayLetItGo) {
  Config config = allowed_from(9h, 10h);
  config.workflows[0].guards.window->hold = true;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.last("run.held").at("guard"), "window");
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("outside the allowed times"));
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "now"}));
  rig.settle();
  EXPECT_EQ(rig.driver.applied.size(), 1U);
}

TEST(Window, WhatWaitsForTheEndOfAPauseGivesWayOutsideIt) {
  Rig rig(allowed_from(7h, 9h));
  rig.start();
  rig.ask(Pause{"later"});
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(2h);
  rig.ask(Resume{"now"});
  rig.settle();
  EXPECT_EQ(rig.last("run.cancelled").at("input"), "cancel");
  EXPECT_THAT(rig.last("run.cancelled").at("reason").get<std::string>(), HasSubstr("window: Fri 10:00"));
  EXPECT_EQ(rig.driver.applied.size(), 0U);
}

TEST(Window, APlanIsMadeAndSaysThatItWouldWait) {
  Config config = allowed_from(9h, 10h);
  config.workflows[0].mode = Mode::plan;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(rig.last("run.planned").at("reason").get<std::string>(), HasSubstr("would wait: window: Fri 08:00:00"));
}

TEST(Window, AZoneThatCannotBeReadAnyMoreIsAPersonsQuestion) {
  Config config = allowed_from(7h, 10h);
  config.workflows[0].guards.window->zone = "Europe/Brelin";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("window: whether it is open cannot be told: no time zone"));
}

Config counted(std::vector<Threshold> more, std::vector<Step> steps = {Step{}}) {
  Config config{{control("a", "/a", {{"content", "good"}}), control("b", "/b", {{"content", "good"}})},
                {workflow("fix", {"a", "b"}, std::move(steps))},
                {}};
  config.controls[1].severity = Level::high;
  std::vector<Threshold>& all = config.workflows[0].guards.threshold;
  all = std::move(more);
  all.push_back({100, 10min, Per::workflow});
  return config;
}

TEST(ThresholdKeys, PerResourceCountsWhatIsChangedWhateverTheSubject) {
  Rig rig(counted({{2, 10min, Per::resource}}, {own("/q", "new")}));
  rig.start();
  for (const char* path : {"/a", "/b", "/a"}) {
    rig.driver.states["/q"] = file("old");
    rig.driver.states["/a"] = rig.driver.states["/b"] = file("good");
    for (const char* clean : {"/a", "/b"}) rig.hint(clean);
    rig.settle();
    rig.changes(path, "bad");
    rig.settle();
    rig.restart();
    rig.settle();
  }
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("threshold: admitted 2 times within 10m per resource (file:/q), 2 allowed"));
  EXPECT_THAT(rig.last("run.running").at("keys").dump(), HasSubstr("resource=file:/q"));
}

TEST(ThresholdKeys, PerExpressionCountsEachOfItsValues) {
  Rig rig(counted({{1, 10min, Per::expression, "${ finding.severity }"}}));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.changes("/b", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U) << "of different severities";
  rig.restart();
  rig.changes("/b", "bad");
  rig.settle();
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("admitted 1 time within 10m per ${ finding.severity } (high), 1 allowed"));
  EXPECT_THAT(explained_last(rig), HasSubstr("reads as desired"));
}

TEST(ThresholdKeys, WhatCannotBeCountedIsAPersonsQuestion) {
  Rig rig(counted({{1, 10min, Per::expression, "${ event.host }"}}));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("threshold: what it counts per ${ event.host } cannot be told: "));
}

TEST(ThresholdKeys, AnExpressionThatIsNoneAnyMoreHolds) {
  Rig rig(counted({{1, 10min, Per::expression, "${ finding. }"}}));  // as another version may have taken it
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 0U);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("threshold: what it counts per ${ finding. } cannot be told: `per`: "));
}

TEST(FixesThatDoNotLast, AreHeldWithThatReason) {
  Rig rig(one_file());
  rig.start();
  for (int i = 0; i < 4; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
    if (i == 1) rig.restart();
    rig.pass(10s);
  }
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "threshold: admitted 3 times within 10m per workflow, 3 allowed; its fixes do not last: what they had put "
            "right came back 3 times");
}

TEST(FixesThatDoNotLast, OneThatNeverHelpedIsNoneOfThem) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return Result<ApplyOutcome>(fail(Errc::denied, "refused")); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(3min);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(),
              HasSubstr("3 allowed; its last run ended failed: `aright runs list` says why"));
}

}  // namespace
}  // namespace aright::engine::test
