// A waiver reaches runs wherever they are: no effect begins any more, and what they made is taken back.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

Step waits_for(Nanos length) { return {.act = Step::Wait{length}}; }

class WaivedRuns : public testing::Test {
 protected:
  void make(std::vector<Step> steps, OnFailure on_failure = OnFailure::roll_back) {
    config_ = one_file();
    config_.workflows[0].steps = std::move(steps);
    config_.workflows[0].on_failure = on_failure;
    rig = std::make_unique<Rig>(config_);
    rig->programs = &programs;
    rig->start();
    rig->settle();
  }
  void breaks(bool effects = true) {
    rig->changes("/a", "bad");
    rig->settle(effects);
  }
  void waive_it(Nanos span = 1h) {
    const auto answer = rig->ask(Waive{"a", "file:/a", "known", "", span});
    ASSERT_TRUE(answer) << answer.error().message;
  }
  /// As the shell does before a start.
  void restart() {
    rig->remembered.workflows = {config_.workflows[0]};
    rig->remembered.plans.clear();
    for (const auto& [id, run] : rig->core->projection().runs()) {
      for (const RunStep& step : run.steps) {
        Plan plan;
        plan.names = step.names;
        if (step.changes) plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
        if (step.changes) plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
        rig->remembered.plans[id].push_back(std::move(plan));
      }
    }
    rig->restart();
    rig->settle();
  }
  void was_taken_back() {
    ASSERT_EQ(rig->count("run.rolled_back"), 1U);
    EXPECT_THAT(rig->last("run.rolled_back").at("reason").get<std::string>(), HasSubstr("waiver 1 is in force"));
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
    EXPECT_EQ(rig->driver.state("/q"), file("old"));
    EXPECT_TRUE(programs.requests.empty());
  }
  [[nodiscard]] RunState state() const { return rig->core->projection().runs().at(1).state; }

  CountingPrograms programs;
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_F(WaivedRuns, InAWaitBeforeAnyEffectItEnds) {
  make({waits_for(24h), Step{}});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  EXPECT_EQ(rig->count("run.cancelled"), 1U);
}

TEST_F(WaivedRuns, AWaiverThatIsOverBeforeAPauseIsEndsNoWait) {
  make({Step{}, waits_for(24h), own("/q", "new")});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  ASSERT_TRUE(rig->ask(Pause{"first this"}));
  waive_it(10s);
  rig->pass(1min);
  ASSERT_TRUE(rig->ask(Resume{.reason = "go"}));
  rig->settle();
  ASSERT_EQ(state(), RunState::waiting);
  rig->pass(25h);
  EXPECT_EQ(rig->count("run.succeeded"), 1U) << "it goes on when its own time is over";
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

TEST_F(WaivedRuns, InAWaitAfterAnEffectItIsTakenBackAtOnce) {
  make({Step{}, waits_for(24h), own("/q", "new")});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  rig->settle();
  was_taken_back();
  EXPECT_THAT(rig->entries, testing::Contains(testing::Truly([](const Json& e) {
                return e.value("input", "") == "wait-over" && e.value("reason", "").ends_with("it waits no longer");
              })));
}

TEST_F(WaivedRuns, InALastWaitNothingIsLeftToBeDoneAndWhatWasDoneStays) {
  make({Step{}, waits_for(24h)});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  rig->settle();
  ASSERT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_EQ(rig->stored("run", "000000000001").at("steps").at(1).at("outcome"),
            "not waited to its end: waiver 1 is in force");
  EXPECT_EQ(
      rig->last("run.succeeded").at("reason"),
      "every change read back as desired; waiver 1 came when nothing was left to be done, so what was done stays");
}

TEST_F(WaivedRuns, InALastWaitAfterAProgramThatSaysItToo) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/tell"};
  make({Step{}, {std::move(exec)}, waits_for(24h)});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  rig->settle();
  ASSERT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_THAT(rig->last("run.succeeded").at("reason").get<std::string>(),
              testing::AllOf(testing::StartsWith("unverified: "), HasSubstr("; waiver 1 came when nothing was left")));
}

/// What the end of the run should have done was left, so nobody says that nothing was.
TEST_F(WaivedRuns, InALastWaitBeforeFinallyItSaysWhatWasLeft) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/end"};
  Step last{std::move(exec)};
  last.at_end = true;
  make({Step{}, waits_for(24h), std::move(last)});
  breaks();
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  rig->settle();
  ASSERT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->last("run.succeeded").at("reason"),
            "every change read back as desired; finally: exec:/bin/end failed: not begun: waiver 1 is in force");
}

TEST_F(WaivedRuns, AWaitThatLastedWhileAllWasPausedLastedToItsEnd) {
  make({Step{}, waits_for(2h)});
  breaks();
  ASSERT_TRUE(rig->ask(Pause{"look"}));
  rig->pass(3h);
  waive_it();
  ASSERT_TRUE(rig->ask(Resume{"go"}));
  rig->settle();
  ASSERT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->stored("run", "000000000001").at("steps").at(1).at("outcome"), "waited");
}

TEST_F(WaivedRuns, InAWaitAfterAnEffectThatMustNotReopenAPersonDecides) {
  make({Step{}, waits_for(24h), own("/q", "new")}, OnFailure::review);
  breaks();
  waive_it();
  rig->settle();
  EXPECT_EQ(state(), RunState::held);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_EQ(rig->driver.state("/q"), file("old"));
}

TEST_F(WaivedRuns, TheWaitOfAWaivedRunIsOverAfterARestartToo) {
  make({Step{}, waits_for(24h), own("/q", "new")});
  breaks();
  rig->changes("/a", "good");
  waive_it();
  restart();
  was_taken_back();
}

TEST_F(WaivedRuns, AWaitThatIsNotWaivedGoesOn) {
  make({Step{}, waits_for(10s), own("/q", "new")});
  breaks();
  waive_it(1s);
  rig->settle();
  ASSERT_EQ(rig->count("run.rolled_back"), 1U);
  rig->pass(20s);
  EXPECT_EQ(rig->driver.state("/q"), file("new")) << "the next episode's run";
}

TEST_F(WaivedRuns, BeforeATryAgain) {
  Step again = own("/q", "new");
  again.retry = {3, 30s};
  make({Step{}, again});
  rig->driver.on_apply = [](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.resource.id != "/q") return std::nullopt;
    return fail(Errc::unavailable, "busy");
  };
  breaks();
  ASSERT_EQ(state(), RunState::running);
  waive_it();
  rig->settle();
  was_taken_back();
  rig->pass(2min);
  was_taken_back();
}

TEST_F(WaivedRuns, UnderAPauseItIsTakenBackAfterIt) {
  make(two_steps().workflows[0].steps);
  breaks(false);
  ASSERT_TRUE(rig->ask(Pause{"look", PauseScope::workflow("fix")}));
  rig->settle();  // the first was past the gate
  ASSERT_EQ(state(), RunState::waiting);
  waive_it();
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a"), file("good")) << "an undo is an effect";
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  was_taken_back();
}

TEST_F(WaivedRuns, BetweenTwoProgramsTheSecondIsNotStarted) {
  make({react("one"), react("two")});
  breaks(false);
  waive_it();
  rig->settle();
  EXPECT_EQ(programs.requests.size(), 1U) << "it was announced";
  EXPECT_EQ(rig->count("run.succeeded"), 0U);
  EXPECT_TRUE(rig->core->projection().runs().empty());
}

TEST_F(WaivedRuns, BetweenTwoValuesOfAList) {
  std::vector<Step> steps{{.act = Step::ForEach{"['x', 'y']", 2}}};
  for (const std::size_t i : {0U, 1U}) {
    steps.push_back(react("${ each }"));
    steps.back().arm = Step::Arm{0, false, i};
  }
  make(std::move(steps));
  breaks(false);
  ASSERT_EQ(rig->count("step.intended"), 1U) << rig->entries.back();
  waive_it();
  rig->settle();
  EXPECT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(rig->count("step.intended"), 1U);
}

TEST_F(WaivedRuns, BeforeABranchThatItsProgramWouldDecide) {
  Step first = react("first");
  first.name = "first";
  Step arm = react("arm");
  arm.arm = Step::Arm{1, false};
  make({first, {.act = Step::Branch{"steps.first.exit_code == 0"}}, arm});
  breaks(false);
  ASSERT_EQ(rig->count("step.intended"), 1U) << rig->entries.back();
  waive_it();
  rig->settle();
  EXPECT_EQ(rig->count("step.decided"), 0U);
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(WaivedRuns, FinallyIsNotBegunEither) {
  Step last = react("last");
  last.at_end = true;
  make({Step{}, own("/q", "new"), last});
  breaks(false);
  waive_it();
  rig->settle();
  was_taken_back();
  EXPECT_THAT(rig->last("run.rolled_back").at("reason").get<std::string>(),
              HasSubstr("finally: exec:/bin/react failed: not begun: waiver 1 is in force"));
}

TEST_F(WaivedRuns, ARetryIsRefused) {
  make({Step{}});
  rig->driver.on_apply = [](const ApplyRequest&) { return fail(Errc::denied, "no"); };
  breaks();
  ASSERT_EQ(rig->count("run.failed"), 1U);
  const std::string finding = rig->last("finding.opened").at("finding").get<std::string>();
  waive_it();
  rig->driver.on_apply = nullptr;
  const auto refused = rig->ask(RetryRun{1, finding, "fix", "once more"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("is closed"));
  rig->pass(1min);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
}

/// A person looks at what is there, whichever finding says so now.
class WaivedAndHeld : public WaivedRuns {
 protected:
  /// Of a file that reads "bad": the first step is made, the second is not, and a waiver has come and gone since.
  void hold_over_a_waiver() {
    Step program = react("${ finding.subject.id }");
    make({own("/q", "new"), program, Step{}}, OnFailure::review);
    programs.exit_code = 1;
    breaks();
    ASSERT_EQ(state(), RunState::held);
    waive_it();
    ASSERT_TRUE(rig->ask(Unwaive{1, "over"}));
    rig->settle();
    ASSERT_EQ(rig->count("finding.opened"), 2U);
    ASSERT_EQ(state(), RunState::held);
    programs.exit_code = 0;
  }
  void is_left_as_it_is() {
    rig->pass(1h);
    EXPECT_EQ(rig->count("run.created"), 1U);
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
    rig->changes("/a", "worse");
    rig->pass(1min);
    EXPECT_EQ(rig->driver.state("/a"), file("good")) << "another state is answered anew";
  }
};

TEST_F(WaivedAndHeld, ANoHoldsForTheFindingThatIsOpenNow) {
  hold_over_a_waiver();
  ASSERT_TRUE(rig->ask(Deny{rig->review(), "leave it as it is"}));
  rig->settle();
  ASSERT_EQ(rig->count("run.denied"), 1U);
  is_left_as_it_is();
}

TEST_F(WaivedAndHeld, SoDoesACancellation) {
  hold_over_a_waiver();
  ASSERT_TRUE(rig->ask(CancelRun{1, "no"}));
  rig->settle();
  is_left_as_it_is();
}

TEST_F(WaivedAndHeld, ItsProgramIsToldWhatWasFoundAndAYesIsForThat) {
  hold_over_a_waiver();
  const std::string asked = programs.requests.at(0).input;
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "go on"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U) << rig->entries.back();
  ASSERT_EQ(programs.requests.size(), 2U);
  EXPECT_EQ(programs.requests.at(1).input, asked);
}

TEST_F(WaivedRuns, AfterItsEndANewEpisodeIsAnsweredWhateverTheRunOfTheLastWaitedFor) {
  make({waits_for(24h), Step{}});
  breaks();
  waive_it(1min);
  rig->pass(2min);
  EXPECT_EQ(rig->last("waiver.ended").at("how"), "expired");
  EXPECT_EQ(rig->count("finding.opened"), 2U);
  EXPECT_EQ(rig->count("run.created"), 2U);
}

TEST_F(Events, AWaiverEndsWhatWaitsToAnswerOne) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].steps.insert(config.workflows[0].steps.begin(), waits_for(10s));
  rig.configure(config);
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.2"}));
  rig.settle();
  ASSERT_TRUE(rig.ask(Waive{"failed-login", "host=192.0.2.1", "a drill", "", Nanos{1h}}));
  rig.pass(20s);
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(programs.requests.front().arguments.back(), "192.0.2.2");
  EXPECT_EQ(rig.last("finding.waived").at("by"), "waiver 1");
  rig.feed(batch({"192.0.2.1"}));
  rig.pass(1h);
  EXPECT_EQ(programs.requests.size(), 1U);
  rig.feed(batch({"192.0.2.1"}));  // it is over by itself
  rig.pass(20s);
  EXPECT_EQ(programs.requests.size(), 2U);
}

TEST(Deny, WithAWaiverIsNotAskedAgain) {
  Config config = one_file();
  config.workflows.at(0).mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  const auto plain = rig.ask(Deny{rig.review(), "as it should be", std::nullopt, 24h});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->at("waiver"), 1);
  EXPECT_EQ(rig.core->projection().findings().size(), 0U) << "waived";
  rig.changes("/a", "worse");
  rig.settle();
  EXPECT_TRUE(rig.core->projection().runs().empty());
}

}  // namespace
}  // namespace aright::engine::test
