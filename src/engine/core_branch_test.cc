// Branches: decided at once where they can be, else on the way; what is left out is never done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

class Answering final : public ProgramRunner {
 public:
  std::vector<std::string> started;  ///< keys
  int code{0};
  std::string writes;
  bool cut{false};  ///< it has written more than is kept
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.key);
    ProgramOutcome outcome;
    outcome.number = code;
    outcome.output.kept = writes;
    outcome.output.total = writes.size() + (cut ? 3'000'000 : 0);
    return outcome;
  }
};

Step looking(OutputShape output = {}) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/look"};
  exec.program.expect.exit_codes = {0, 3};
  exec.output = std::move(output);
  Step step{std::move(exec)};
  step.name = "look";
  return step;
}

Step branch(std::string when, std::optional<Step::Arm> arm = {}) {
  return {.act = Step::Branch{std::move(when)}, .arm = arm};
}

Step in_arm(Step step, std::size_t of, bool otherwise) {
  step.arm = Step::Arm{of, otherwise};
  return step;
}

/// A program, then /q becomes one thing or the other, then the finding's file.
std::vector<Step> either(const std::string& when, OutputShape output = {}) {
  return {looking(std::move(output)), branch(when), in_arm(own("/q", "then"), 1, false),
          in_arm(own("/q", "else"), 1, true), Step{}};
}

class CoreBranch : public testing::Test {
 protected:
  void make(std::vector<Step> steps, Mode mode = Mode::auto_) {
    config_ = one_file();
    config_.workflows[0].steps = std::move(steps);
    config_.workflows[0].mode = mode;
    rig = std::make_unique<Rig>(config_);
    rig->programs = &runner;
    rig->start();
    rig->settle();
  }
  void breaks() {
    rig->changes("/a", "bad");
    rig->settle();
  }
  void restart() {
    rig->remembered.workflows = {config_.workflows[0]};
    rig->remember_plans(runner.writes);
    rig->restart();
    rig->settle();
  }
  [[nodiscard]] Json q() const { return rig->driver.state("/q").at("content"); }
  [[nodiscard]] const aright::Run& run() const { return rig->core->projection().runs().at(1); }
  Answering runner;
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreBranch, TakesTheArmThatTheProgramSays) {
  for (const int code : {0, 3}) {
    runner.code = code;
    make(either("steps.look.exit_code == 0"));
    breaks();
    EXPECT_EQ(q(), code == 0 ? "then" : "else");
    EXPECT_EQ(rig->driver.state("/a"), file("good"));
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
    const Json decided = rig->last("step.decided");
    EXPECT_EQ(decided.at("arm"), code == 0 ? "then" : "else");
    EXPECT_EQ(decided.at("skips"), code == 0 ? Json({3}) : Json({2}));
  }
}

TEST_F(CoreBranch, BothArmsArePlannedBeforeTheFirstEffect) {
  make(either("steps.look.exit_code == 0"), Mode::propose);
  breaks();
  EXPECT_EQ(rig->count("step.planned"), 5U);
  EXPECT_TRUE(runner.started.empty());
  runner.code = 3;
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "either way"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U) << "the yes was for both";
  EXPECT_EQ(q(), "else");
}

TEST_F(CoreBranch, ByWhatAProgramWrote) {
  const OutputShape output{{"count", {FieldType::integer, false}}};
  runner.writes = R"({"count": 7})";
  make(either("steps.look.output.count > 5", output));
  breaks();
  EXPECT_EQ(q(), "then");
  runner.writes = R"({"count": "seven"})";
  make(either("steps.look.output.count > 5", output));
  breaks();
  EXPECT_EQ(q(), "old");
  EXPECT_THAT(rig->last("run.failed").at("reason").get<std::string>(), HasSubstr("`count` is no integer"));
}

TEST_F(CoreBranch, WhatCannotBeToldIsAPersonsQuestion) {
  make(either("steps.look.output.count > 5"));
  breaks();
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("when: whether `steps.look.output.count > 5` holds cannot be told"));
  EXPECT_THAT(run().reason, HasSubstr("no approval lets it go on: deny it"));
  EXPECT_TRUE(rig->core->projection().reviews().begin()->second.only_no);
  const std::uint64_t review = rig->review();
  const auto refused = rig->ask(Approve{review, "go on"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("After a denial `aright runs retry 1 --reason WHY` begins anew"));
  EXPECT_EQ(rig->review(), review) << "it stays";
  EXPECT_EQ(q(), "old");
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
}

TEST_F(CoreBranch, WhatIsKnownAtOnceIsDecidedAtOnceAndOnlyOneArmIsPlanned) {
  make({branch("finding.episode == 1u"), in_arm(own("/q", "first"), 0, false), in_arm(own("/q", "again"), 0, true),
        Step{}},
       Mode::propose);
  breaks();
  const aright::Run& held = run();
  ASSERT_EQ(held.steps.size(), 4U);
  EXPECT_EQ(held.steps[0].state, StepState::passed);
  EXPECT_EQ(held.steps[0].outcome, "then");
  EXPECT_EQ(held.steps[1].state, StepState::planned);
  EXPECT_EQ(held.steps[2].state, StepState::skipped);
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(q(), "first");
}

TEST_F(CoreBranch, ArmsWithinArms) {
  runner.code = 3;
  make({looking(), branch("steps.look.exit_code == 0"), in_arm(own("/q", "x"), 1, false),
        branch("steps.look.exit_code == 3", Step::Arm{1, true}), in_arm(own("/q", "y"), 3, false),
        in_arm(own("/q", "z"), 3, true)});
  breaks();
  EXPECT_EQ(q(), "y");
  EXPECT_EQ(rig->count("step.decided"), 2U);
}

TEST_F(CoreBranch, ARestartTakesTheSameWay) {
  const OutputShape output{{"count", {FieldType::integer, false}}};
  runner.writes = R"({"count": 7})";
  std::vector<Step> steps = either("steps.look.output.count > 5", output);
  steps.insert(steps.begin() + 1, Step{Step::Wait{1min}});
  for (Step& step : steps) {
    if (step.arm) step.arm->of = 2;
  }
  make(std::move(steps));
  breaks();
  ASSERT_EQ(run().state, RunState::waiting);
  restart();
  rig->pass(61s);
  EXPECT_EQ(q(), "then");
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_THAT(runner.started, ElementsAre("r1-0")) << "what has ended is not started again";
}

TEST_F(CoreBranch, WhatAProgramWroteAndWasLostIsSaidToBe) {
  runner.writes = R"({"count": 7})";
  std::vector<Step> steps = either("steps.look.output.count > 5", {{"count", {FieldType::integer, false}}});
  steps.insert(steps.begin() + 1, Step{Step::Wait{1min}});
  for (Step& step : steps) {
    if (step.arm) step.arm->of = 2;
  }
  make(std::move(steps));
  breaks();
  runner.writes.clear();  // as where it was erased
  restart();
  rig->pass(61s);
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("what step `look` wrote was lost, since its content is not stored any more"));
}

TEST_F(CoreBranch, OutputThatWasCutIsCalledThat) {
  runner.writes = R"({"count": 7, "more": ")";
  runner.cut = true;
  make(either("steps.look.output.count > 5", {{"count", {FieldType::integer, false}}}));
  breaks();
  EXPECT_THAT(rig->last("run.failed").at("reason").get<std::string>(),
              HasSubstr("only the first 22 of 3000022 bytes of its output are kept"));
}

TEST_F(CoreBranch, AFindingIsNotOverWhereItsCureWasLeftOut) {
  make({looking(), branch("steps.look.exit_code == 3"), in_arm(Step{}, 1, false)});
  breaks();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("finding.resolved"), 0U);
  EXPECT_EQ(rig->core->projection().findings().size(), 1U);
}

/// Left out before it was planned: the other arm is done, and nobody says that the file reads clean.
TEST_F(CoreBranch, WhatIsLeftOutAtOnceHasNotCuredAnything) {
  for (const Mode mode : {Mode::auto_, Mode::plan}) {
    Step::Exec says;
    says.program.arguments = {"/bin/say"};
    runner.started.clear();
    make({branch("finding.severity == 'critical'"), in_arm(Step{}, 0, false), in_arm(Step{says}, 0, true)}, mode);
    breaks();
    EXPECT_EQ(runner.started.size(), mode == Mode::auto_ ? 1U : 0U);
    EXPECT_EQ(rig->count(mode == Mode::auto_ ? "run.succeeded" : "run.planned"), 1U);
    EXPECT_EQ(rig->count("finding.resolved"), 0U);
    EXPECT_EQ(rig->core->projection().findings().size(), 1U);
  }
}

TEST_F(CoreBranch, WhereNothingIsLeftItSaysSoOnceUntilMoreIsSeen) {
  make({branch("finding.severity == 'critical'"), in_arm(Step{}, 0, false)});
  breaks();
  EXPECT_EQ(rig->last("run.cancelled").at("reason"),
            "none of its steps is to be done: `finding.severity == 'critical'` does not hold");
  EXPECT_EQ(rig->count("finding.resolved"), 0U);
  rig->pass(1h);
  EXPECT_EQ(rig->count("run.created"), 1U);
  const auto explained = rig->ask(Explain{"file:/a"});
  ASSERT_TRUE(explained);
  EXPECT_THAT(explained->dump(), HasSubstr("so nothing is done until more is seen"));
  rig->changes("/a", "worse");
  rig->pass(1h);
  EXPECT_EQ(rig->count("finding.occurred"), 1U);
  EXPECT_EQ(rig->count("run.created"), 2U);
  restart();
  const auto created = rig->count("run.created");
  rig->pass(1h);
  EXPECT_EQ(rig->count("run.created"), created) << "it is an answer after a restart too";
  config_.workflows[0].steps[0] = branch("finding.severity != 'critical'");
  ASSERT_TRUE(rig->ask(Reload{config_, rig->rules}));
  rig->pass(1min);
  EXPECT_EQ(rig->driver.state("/a"), file("good")) << "another definition answers anew";
}

/// What an older version recorded says in its `noted` what was seen by then, and is replayed as it was stored.
TEST_F(CoreBranch, AnOlderLogOfWhatWasLeftOutIsReplayedAsItWas) {
  make({branch("finding.severity == 'critical'"), in_arm(Step{}, 0, false)});
  breaks();
  ASSERT_EQ(rig->last("run.cancelled").at("left_out"), true);
  Projection older;
  Projection now;
  for (Json entry : rig->entries) {
    ASSERT_TRUE(now.apply(entry));
    if (entry.contains("left_out")) entry.erase("about");
    ASSERT_TRUE(older.apply(entry));
  }
  const LastAnswer& as_now = now.subject("a", "file:/a")->answers.at("fix");
  const LastAnswer& as_then = older.subject("a", "file:/a")->answers.at("fix");
  EXPECT_EQ(as_now.about, about_occurrence(1));
  EXPECT_EQ(as_now.noted, 0U);
  EXPECT_NE(as_then.about, about_occurrence(1));
  EXPECT_EQ(as_then.noted, 1U);
  EXPECT_EQ(as_then.state, as_now.state);
}

/// What a mode, or a guard, has kept back was not weighed by the conditions of its steps.
TEST_F(CoreBranch, WhatWasOnlyObservedIsWeighedLater) {
  make({branch("finding.occurrences >= 2"), in_arm(Step{}, 0, false)});
  breaks();
  ASSERT_EQ(rig->count("run.cancelled"), 1U);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::observe, "look"}));
  rig->changes("/a", "worse");
  rig->pass(1min);
  ASSERT_EQ(rig->count("finding.occurred"), 1U);
  ASSERT_GE(rig->count("run.observed"), 1U);
  EXPECT_EQ(rig->count("run.created"), 1U);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::auto_, "go on"}));
  rig->pass(1min);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
}

TEST_F(CoreBranch, AnotherControlIsWeighedAnewByItsConditions) {
  make({branch("control.severity == 'critical'"), in_arm(Step{}, 0, false)});
  breaks();
  ASSERT_EQ(rig->count("run.cancelled"), 1U);
  config_.controls[0].severity = Level::critical;
  ASSERT_TRUE(rig->ask(Reload{config_, rig->rules}));
  rig->pass(1min);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
}

TEST_F(CoreBranch, WhatIsAsDesiredBesideACureThatIsLeftOutIsNotTheCure) {
  make({own("/q", "old"), branch("finding.severity == 'critical'"), in_arm(Step{}, 1, false)});
  breaks();
  EXPECT_EQ(rig->last("run.cancelled").at("reason"),
            "what is left of its steps is as desired already: `finding.severity == 'critical'` does not hold");
  EXPECT_EQ(rig->count("finding.resolved"), 0U);
  rig->changes("/q", "changed by somebody");
  rig->pass(1h);
  EXPECT_EQ(rig->driver.state("/q"), file("old")) << "tried again, since that may be otherwise later";
  EXPECT_EQ(rig->core->projection().findings().size(), 1U);
}

TEST(WorkflowArms, KnowWhatExcludesWhat) {
  Workflow w;
  w.steps = {branch("x"),
             in_arm(Step{}, 0, false),
             branch("y", Step::Arm{0, true}),
             in_arm(Step{}, 2, false),
             in_arm(Step{}, 2, true),
             Step{}};
  EXPECT_TRUE(w.exclude(1, 3));
  EXPECT_TRUE(w.exclude(3, 4));
  EXPECT_FALSE(w.exclude(1, 5));
  EXPECT_FALSE(w.exclude(2, 3));
  EXPECT_EQ(w.not_taken(0, false), (std::vector<std::size_t>{2, 3, 4}));
  EXPECT_EQ(w.not_taken(0, true), (std::vector<std::size_t>{1}));
  EXPECT_EQ(w.not_taken(2, true), (std::vector<std::size_t>{3}));
  const auto back = Workflow::from_json(w.to_json());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->version(), w.version());
}

/// What is known by then is shown, and one yes is enough.
TEST_F(CoreBranch, WhoIsAskedSeesWhatTheStepsBeforeHaveWritten) {
  runner.writes = R"({"count": 7})";
  Step::Exec says;
  says.program.arguments = {"/bin/say", "${ steps.look.output.count }"};
  make({looking({{"count", {FieldType::integer, false}}}), Step{Step::Approve{"", "go on?", 4h, std::nullopt}},
        Step{says}, Step{}});
  breaks();
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_EQ(run().steps[2].state, StepState::planned) << "not `open`";
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("review.decided"), 1U);
  EXPECT_THAT(runner.started, ElementsAre("r1-0", "r1-2"));
}

}  // namespace
}  // namespace aright::engine::test
