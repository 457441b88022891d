// Findings, guards, modes, reviews, and texts from outside.
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

Config cooling(Nanos wait) {
  Config config = one_file();
  config.workflows[0].guards.cool_down = CoolDown{wait, Per::subject};
  return config;
}

TEST(CoolDown, StartsNoRunIsRecordedOncePerOccurrenceAndAnsweredAfterwards) {
  Rig rig(cooling(1min));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.changes("/a", "bad again");
  rig.settle();
  for (int i = 0; i < 5; ++i) {
    rig.hint("/a");
    rig.settle();
  }
  EXPECT_EQ(rig.count("run.created"), 1U);
  ASSERT_EQ(rig.count("verdict.suppressed"), 1U);
  EXPECT_NE(rig.last("verdict.suppressed").at("reason").get<std::string>().find("60s left"), std::string::npos);
  EXPECT_EQ(rig.core->figures().verdicts.at("cool-down suppress"), 1U);
  rig.pass(61s);
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(CoolDown, OutlivesARestart) {
  Rig rig(cooling(1min));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.changes("/a", "bad again");
  rig.settle();
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.pass(61s);
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST(Text, FromOutsideNeverEndsTheProcess) {
  Rig rig(one_file());
  Config config = one_file();
  config.controls[0].select.within = {"/d"};
  Rig folder(config);
  folder.start();
  folder.settle();
  folder.hint("/d/\xFF\xFE");
  folder.hint("/d/\xFF\xFE");
  folder.hint("/d/" + std::string(4000, 'x'));
  EXPECT_EQ(folder.core->figures().refused, 3U);
  EXPECT_EQ(folder.count("control.inconclusive"), 2U);
  rig.start();
  rig.driver.on_apply = [](const ApplyRequest&) {
    return std::optional(Result<ApplyOutcome>(fail(Errc::denied, std::string(5000, '"') + "\xC3")));
  };
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.failed"), 1U);
  EXPECT_TRUE(rig.ask(Pause{std::string(999, 'x') + "ü\xFF"},
                      "ali\xFF"
                      "ce"));
  for (const std::string& entry : rig.bytes) EXPECT_TRUE(is_utf8(entry));
}

TEST(Entries, StayWithinTheirSize) {
  const std::string path = "/" + std::string(1000, 'p');
  std::vector<Step> steps{Step{}};
  for (int i = 1; i < 32; ++i) steps.push_back(own(path + std::to_string(i), std::string(3000, 'n')));
  Config config{{control("a", path, {{"exists", true}, {"content", std::string(3000, 'g')}})},
                {workflow("fix", {"a"}, std::move(steps))},
                {}};
  Rig rig(config);
  rig.driver.states[path] = file(std::string(3000, 'b'));
  for (int i = 1; i < 32; ++i) rig.driver.states[path + std::to_string(i)] = file("old");
  rig.driver.on_apply = [](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (!r.resource.id.ends_with("31")) return std::nullopt;
    return Result<ApplyOutcome>(fail(Errc::denied, std::string(9000, '\\')));
  };
  rig.start();
  rig.settle();
  EXPECT_EQ(rig.count("run.rolled_back"), 1U);
  for (const std::string& entry : rig.bytes) EXPECT_LE(entry.size(), entry_bytes_max);
}

TEST(BrokenInvariant, SaysWhichBeforeItStops) {
  EXPECT_DEATH(broken("every entry can be written", "why"), "a broken invariant: every entry can be written: why");
}

TEST(Mode, LoweredStopsARunBeforeItsNextEffectAndSurvivesARestart) {
  Rig rig(two_steps());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);  // the first effect is announced
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::observe, "careful"}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
  EXPECT_EQ(rig.count("step.intended"), 1U);
  EXPECT_EQ(rig.last("run.held").at("guard"), "mode");
  rig.restart();
  rig.settle();
  rig.driver.states["/a"] = file("bad");
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  const ModeSet& set = rig.core->projection().modes().at("fix");
  EXPECT_EQ(set.mode, Mode::observe);
  EXPECT_EQ(set.reason, "careful") << "who asks finds who did it and why, also after a restart";
  EXPECT_FALSE(set.by.empty());
  EXPECT_TRUE(set.at);
}

/// Who set it was not kept then, and the log must go on implying the rows that were stored.
TEST(Mode, AnOlderLogIsReplayedAsItWas) {
  Rig rig(one_file());
  rig.start();
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::observe, "careful"}));
  Projection older;
  for (Json entry : rig.entries) {
    if (entry.at("kind") == "mode.set") entry.erase("set_at");
    ASSERT_TRUE(older.apply(entry));
  }
  EXPECT_EQ(older.modes().at("fix"), (ModeSet{Mode::observe, "", "", {}}));
  EXPECT_EQ(older.context().find("modes_by"), std::string::npos);
  EXPECT_NE(rig.core->projection().context().find("modes_by"), std::string::npos);
}

TEST(Mode, LoweredWhilePlanningCancels) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.feed(perform({{{"file", &rig.driver}}, &rig.gate, [] { return Digest{}; }, "key"}, rig.work.front()));
  rig.work.pop_front();
  ASSERT_EQ(rig.count("run.planning"), 1U);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::off, "stop"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_EQ(rig.count("step.intended"), 0U);
}

TEST(Mode, ProposeHoldsAndRaisingAnswersWhatWasLeftOpen) {
  Rig rig(one_file());
  rig.start();
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::plan, "look first"}));
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.planned"), 1U);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::auto_, "go"}));
  rig.settle();
  rig.pass(11s);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

void four_times(Rig& rig) {
  rig.start();
  for (int i = 1; i <= 4; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
  }
}

TEST(Review, TheFourthIsHeldAndApprovedGoesOn) {
  Rig rig(one_file());
  four_times(rig);
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
  ASSERT_EQ(rig.count("run.held"), 1U);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "it was me"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 4U);
}

TEST(Review, ExpiryDenies) {
  Rig rig(one_file());
  four_times(rig);
  rig.pass(23h, false);
  EXPECT_EQ(rig.count("run.expired"), 0U);
  rig.pass(61min, false);
  EXPECT_EQ(rig.count("run.expired"), 1U);
  rig.pass(30min);
  EXPECT_EQ(rig.driver.state("/a"), file("bad 4"));  // an answer, like a no
}

TEST(Review, IsClosedWhenTheFindingResolves) {
  Rig rig(one_file());
  four_times(rig);
  rig.changes("/a", "good");
  rig.settle();
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_TRUE(rig.core->projection().reviews().empty());
}

TEST(Review, CannotBeApprovedWhileAnotherRunIsAtWork) {
  Config config = one_file();
  config.workflows.push_back(workflow("other", {"a"}));
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  ASSERT_EQ(rig.count("run.held"), 1U);
  ASSERT_EQ(rig.count("step.intended"), 1U);
  const auto early = rig.ask(Approve{rig.review(), "now"});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::unavailable);
  EXPECT_EQ(early.error().retry, Retry::yes);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("run.cancelled"), 1U);  // right by now: the proposal is over
}

TEST(Findings, OfTwoControlsOnOneResourceAreBothAnswered) {
  Config config = one_file();
  config.controls.push_back(control("mode", "/a", {{"mode", "0644"}}));
  config.workflows[0].answers.push_back({"mode", "", std::nullopt});
  Rig rig(config);
  rig.start();
  rig.driver.states["/a"] = {{"exists", true}, {"content", "bad"}, {"mode", "0777"}};
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Findings, AChangeDuringARunIsAnsweredByANewOne) {
  Rig rig(one_file());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  rig.hint("/a");
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    auto done = rig.driver.set(r);
    rig.driver.on_apply = nullptr;
    return std::optional(done);
  };
  rig.settle(false);
  const Work effect = rig.work.front();
  rig.work.pop_front();
  rig.feed(perform({{{"file", &rig.driver}}, &rig.gate, [] { return Digest{}; }, "key"}, effect));
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  rig.driver.states["/a"] = file("bad meanwhile");
  rig.settle();  // the hint that came during the run
  EXPECT_EQ(rig.count("finding.opened"), 2U);
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST(Workflows, WithTwoStepsOnOneResourceAreNotBegun) {
  Config config{{control("a", "/a", {{"content", "good"}})}, {workflow("fix", {"a"}, {Step{}, own("/a", "x")})}, {}};
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_NE(rig.last("run.failed").at("reason").get<std::string>().find("two steps are about file:/a"),
            std::string::npos);
  EXPECT_EQ(rig.count("step.intended"), 0U);
}

}  // namespace
}  // namespace aright::engine::test
