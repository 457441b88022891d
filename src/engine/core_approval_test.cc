// A person lets a run go on that has made something already.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class Approval : public testing::Test {
 protected:
  void make(OnFailure on_failure, Config config = two_steps()) {
    config.workflows[0].on_failure = on_failure;
    rig = std::make_unique<Rig>(std::move(config));
    rig->programs = &runner;
    refuse("/q");
    rig->start();
    rig->settle();
  }
  void refuse(const std::string& path) {
    rig->driver.on_apply = [path](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
      if (r.resource.id != path) return std::nullopt;
      return fail(Errc::denied, "the folder is locked");
    };
  }
  /// The first step is done, the second is refused: a person is asked.
  void goes_half_way() {
    rig->changes("/a", "bad");
    rig->settle();
    ASSERT_EQ(rig->last("run.held").at("guard"), "on-failure");
    ASSERT_EQ(rig->driver.state("/a"), file("good"));
    before = run().steps.at(0).before;
    rig->driver.on_apply = nullptr;
  }
  [[nodiscard]] const aright::Run& run() const { return rig->core->projection().runs().begin()->second; }
  /// How often a plan of this step was recorded.
  [[nodiscard]] std::size_t planned(std::size_t step) const {
    std::size_t times = 0;
    for (const Json& e : rig->entries) times += e.at("kind") == "step.planned" && e.at("step") == step ? 1U : 0U;
    return times;
  }
  void approve() {
    ASSERT_TRUE(rig->ask(Approve{rig->review(), "go on"}));
    rig->settle();
  }
  /// As the shell does before a start: the plans of open runs, from their blobs.
  void restart() {
    std::vector<Plan> plans;
    for (const RunStep& step : run().steps) {
      Plan plan;
      plan.names = step.names;
      if (step.changes) plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
      if (step.changes) plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
      plans.push_back(std::move(plan));
    }
    rig->remembered.plans[run().id] = std::move(plans);
    rig->restart();
    rig->settle();
  }

  class Runner final : public ProgramRunner {
   public:
    std::vector<std::string> started;
    Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override {
      return FormerProgram{};
    }
    Result<ProgramOutcome> run(const ProgramRequest& request) override {
      started.push_back(request.key);
      return ProgramOutcome{};
    }
  };
  Runner runner;
  std::unique_ptr<Rig> rig;
  Commitment before;
};

TEST_F(Approval, OneYesIsEnoughAndWhatWasDoneStaysOnRecord) {
  make(OnFailure::review);
  goes_half_way();
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("review.decided"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-1")) << "the first is not done again";
  EXPECT_EQ(planned(0), 1U) << "its record is not overwritten";
}

TEST_F(Approval, AlsoAfterARestart) {
  make(OnFailure::review);
  goes_half_way();
  restart();
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "go on"}));
  restart();  // in the middle of planning
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-1"));
}

TEST_F(Approval, LapsesWhereWhatIsLeftHasChanged) {
  make(OnFailure::review);
  goes_half_way();
  rig->driver.states["/q"] = file("somebody's");
  approve();
  ASSERT_EQ(rig->count("run.succeeded"), 0U);
  EXPECT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_EQ(run().steps.at(0).state, StepState::verified);
  EXPECT_EQ(run().steps.at(0).before, before);
  EXPECT_EQ(run().steps.at(1).state, StepState::planned);
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-1"));
}

TEST_F(Approval, LapsesWhereWhatWasMadeIsNotThereAnyMore) {
  make(OnFailure::review);
  goes_half_way();
  rig->driver.states["/a"] = file("worse");
  approve();
  ASSERT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_EQ(run().steps.at(0).state, StepState::planned);
  EXPECT_NE(run().steps.at(0).before, before) << "what is there now is not ours";
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-0", "r1-1"));
}

TEST_F(Approval, HoldsWhereAllIsAgainAsItWasAtFirst) {
  make(OnFailure::review);
  goes_half_way();
  rig->driver.states["/a"] = file("bad");
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->count("review.decided"), 1U) << "the yes was for this plan";
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-0", "r1-1"));
}

TEST_F(Approval, LapsesWhereItIsAsDesiredButNotAsItWasMade) {
  make(OnFailure::review);
  goes_half_way();
  rig->driver.states["/a"]["mode"] = "0600";  // no step asks for a mode
  approve();
  EXPECT_EQ(rig->last("run.held").at("guard"), "approval");
  EXPECT_FALSE(run().steps.at(0).changes);
}

TEST_F(Approval, ALaterFailureIsRolledBackToWhatWasThereBeforeTheFirstStep) {
  make(OnFailure::roll_back);
  rig->driver.on_apply = nullptr;
  rig->changes("/a", "bad");
  rig->settle(false);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::propose, "ask me first"}));
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "mode");
  ASSERT_EQ(rig->driver.state("/a"), file("good"));
  refuse("/q");
  approve();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0", "r1-0-undo"));
}

TEST_F(Approval, AProgramThatEndedIsNotStartedAgain) {
  Config config = two_steps();
  Step::Exec exec;
  exec.program.arguments = {"/bin/p", "${ finding.subject.id }"};
  config.workflows[0].steps = {Step{exec}, own("/q", "new"), Step{}};
  make(OnFailure::review, std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "on-failure");
  rig->driver.on_apply = nullptr;
  restart();
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->last("run.succeeded").at("unverified"), 1);
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
  EXPECT_EQ(rig->driver.state("/a"), file("good"));
}

TEST_F(Approval, WithNothingLeftTheRunHasSucceeded) {
  make(OnFailure::review);
  goes_half_way();
  rig->driver.states["/q"] = file("new");  // somebody has done the rest
  approve();
  EXPECT_EQ(rig->last("run.succeeded").at("reason"),
            "what it had made is still there, and the rest is as desired already");
  EXPECT_EQ(rig->last("finding.resolved").at("by"), "run 1");
  EXPECT_EQ(planned(0), 1U) << "its record stays";
  EXPECT_EQ(rig->last("step.planned").at("plan").at("changes"), false) << "nothing is left of the other";
  EXPECT_THAT(rig->driver.applied, ElementsAre("r1-0"));
}

/// What a program has done for something in a log cannot be read again: cancelled, it would be started once more.
TEST_F(Approval, AProgramThatEndedIsNotStartedAgainWhereNothingIsLeft) {
  Config config = two_steps();
  Step::Exec exec;
  exec.program.arguments = {"/bin/p"};
  config.workflows[0].steps = {Step{exec}, own("/q", "new")};
  make(OnFailure::review, std::move(config));
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->last("run.held").at("guard"), "on-failure");
  rig->driver.states["/q"] = file("new");
  approve();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->last("run.succeeded").at("unverified"), 1);
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
}

}  // namespace
}  // namespace aright::engine::test
