// Controls that say what is wrong, workflows that answer only some findings, and what cannot be told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"
#include "model/content.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Config with_violation(const std::string& violation) {
  Config config = one_file();
  config.controls[0].desired.fields = Json::object();
  config.controls[0].violation = violation;
  config.workflows[0].steps = {own("/a", "good")};
  return config;
}

TEST(Violation, IsFoundPutRightAndResolvedByTheNextRead) {
  Rig rig(with_violation(R"(resource.content.contains("bad"))"));
  rig.start();
  rig.changes("/a", "other, which nobody minds");
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 0U);
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("differs"), Json({"violation"}));
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/a").at("content"), "good");
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
  EXPECT_TRUE(rig.core->projection().findings().empty());
}

TEST(Violation, ThatCannotBeToldIsNeitherCleanNorAFinding) {
  Rig rig(with_violation(R"(resource.content == "bad")"));
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);  // found; the fix has not happened yet
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  rig.work.clear();
  Rig other(with_violation(R"(resource.colour == "red")"));
  other.start();
  other.changes("/a", "bad");
  other.settle();
  EXPECT_EQ(other.count("finding.opened"), 0U);
  ASSERT_EQ(other.core->troubles().size(), 1U);
  EXPECT_THAT(other.core->troubles().at("file:/a").error, HasSubstr("control a: "));
  EXPECT_THAT(other.core->troubles().at("file:/a").error, HasSubstr("colour"));
}

TEST(Violation, ADoubtClosesNoFinding) {
  Rig rig(with_violation(R"(resource.content != "good")"));
  rig.driver.on_apply = [](const ApplyRequest&) { return Result<ApplyOutcome>(fail(Errc::denied, "no")); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  rig.driver.states["/a"] = {{"exists", true}, {"mode", "0644"}};  // without content the condition cannot be told
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.count("finding.resolved"), 0U);
  EXPECT_EQ(rig.core->troubles().size(), 1U);
}

TEST(When, DecidesWhichFindingsAreAnsweredAndSaysSoOnce) {
  Config config = one_file();
  config.workflows[0].when = R"(resource.content.startsWith("b") && "content" in finding.differs)";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "changed");
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(rig.count("run.created"), 0U);
  EXPECT_EQ(rig.count("verdict.suppressed"), 1U);
  EXPECT_EQ(rig.last("verdict.suppressed").at("guard"), "when");
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/a").at("content"), "good");
}

TEST(When, ThatCannotBeToldAsksAPerson) {
  Config config = one_file();
  config.workflows[0].when = R"(resource.colour == "red")";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("step.intended"), 0U);
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("cannot be told"));
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.count("step.intended"), 0U) << "still asks after a restart";
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "looked at it"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/a").at("content"), "good");
}

TEST(When, MayAskForTheTime) {
  Config config = one_file();
  config.workflows[0].when =
      R"(now > timestamp("2000-01-01T00:00:00Z") && control.name == "a" && finding.episode == 1)";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

Config filled(Step step) {
  Config config = one_file();
  config.controls[0].desired.fields = {{"exists", true}, {"filled", {{"content", "${ resource.mode } is its mode"}}}};
  config.workflows[0].steps = {std::move(step)};
  return config;
}

TEST(Filled, WhatIsDesiredFollowsFromWhatIsThere) {
  Rig rig(filled(Step{}));
  rig.start();
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/a").at("content"), content_json("0644 is its mode"));
  rig.changes("/a", "other");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST(Filled, AStepsOwnStateMayNameTheFinding) {
  Step note = own("/q", "");
  std::get<Step::Ensure>(note.act).own->desired.fields = {
      {"exists", true}, {"filled", {{"content", "run ${ run.id }: ${ control.name } on ${ finding.subject.id }"}}}};
  Rig rig(filled(note));
  rig.start();
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.driver.state("/q").at("content"), content_json("run 1: a on /a"));
}

TEST(Filled, WhatCannotBeFilledInIsNoFinding) {
  Config config = filled(Step{});
  config.controls[0].desired.fields["filled"]["content"] = "${ resource.nothing }";
  Rig rig(config);
  rig.start();
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 0U);
  EXPECT_EQ(rig.count("control.inconclusive"), 1U);
  EXPECT_EQ(rig.core->troubles().size(), 1U);
}

/// Such as a number as owner that has got a name since: once its runs ended "already as desired", for ever.
TEST(Violation, ThatItsOwnPlanDoesNotSeeIsAPersonsQuestion) {
  Rig rig(one_file());
  rig.driver.on_plan = [](Plan& plan) { plan.after = plan.before; };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.held"), 1U);
  EXPECT_THAT(rig.last("run.held").at("reason").get<std::string>(), HasSubstr("control a and its plan disagree"));
  EXPECT_EQ(rig.core->projection().findings().size(), 1U) << "it is not over";
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "the control is wrong"}));
  for (int i = 0; i < 3; ++i) {
    rig.hint("/a");
    rig.settle();
  }
  EXPECT_EQ(rig.count("run.created"), 1U);
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

TEST(Violation, ThatIsOverWhenItIsPlannedIsNoDisagreement) {
  Rig rig(one_file());
  rig.driver.on_plan = [](Plan& plan) { plan.after = plan.before = State{file("good"), false}; };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 0U);
  EXPECT_EQ(rig.last("run.cancelled").at("reason"), "already as desired");
}

TEST(Violation, ThatItsOwnPlanDoesNotSeeIsNobodysQuestionInModePlan) {
  Config config = one_file();
  config.workflows[0].mode = Mode::plan;
  Rig rig(std::move(config));
  rig.driver.on_plan = [](Plan& plan) { plan.after = plan.before; };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 0U);
  ASSERT_EQ(rig.count("run.planned"), 1U);
  EXPECT_THAT(rig.last("run.planned").at("reason").get<std::string>(), HasSubstr("would be held: plan: control a and"));
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 1U);
}

/// Its run is of the version before, whose plan that version alone is held against.
TEST(Violation, ThatOnlyANewerVersionOfTheControlFindsIsNoDisagreement) {
  Rig rig(one_file());
  int plans = 0;
  rig.driver.on_plan = [&](Plan& plan) {
    if (++plans == 1) plan.after = plan.before = State{file("good"), false};
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  Config config = one_file();
  config.controls[0].desired.fields["content"] = "better";
  rig.feed(Asked{7, Reload{std::move(config), nullptr}, {}});
  rig.settle();
  for (const Json& entry : rig.entries) {
    EXPECT_THAT(entry.value("reason", ""), testing::Not(HasSubstr("its plan disagree")));
  }
  rig.pass(1min);
  EXPECT_EQ(rig.driver.state("/a"), file("better")) << "nor is it read clean by a version that is gone";
}

}  // namespace
}  // namespace aright::engine::test
