// `finally`: after success, failure and rollback; its own failure is told and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// By program: its exit code.
class Codes final : public ProgramRunner {
 public:
  std::vector<std::string> started;
  std::map<std::string, int> codes;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.arguments.front());
    ProgramOutcome outcome;
    outcome.number = codes[request.arguments.front()];
    return outcome;
  }
};

Step program(const std::string& path, bool at_end = false) {
  Step::Exec exec;
  exec.program.arguments = {path};
  Step step{std::move(exec)};
  step.at_end = at_end;
  return step;
}

class CoreFinally : public testing::Test {
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
  void breaks(bool effects = true) {
    rig->changes("/a", "bad");
    rig->settle(effects);
  }
  void refuse(const std::string& path) {
    rig->driver.on_apply = [path](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
      if (request.resource.id == path) return fail(Errc::denied, "not allowed");
      return std::nullopt;
    };
  }
  void restart() {
    rig->remembered.workflows = {config_.workflows[0]};
    for (const auto& [id, run] : rig->core->projection().runs()) {
      std::vector<Plan> plans;
      for (const RunStep& step : run.steps) {
        Plan plan;
        plan.names = step.names;
        if (step.changes) plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
        if (step.changes) plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
        plans.push_back(std::move(plan));
      }
      rig->remembered.plans[id] = std::move(plans);
    }
    rig->restart();
    rig->settle();
  }
  [[nodiscard]] std::string reason(const std::string& kind) const {
    return rig->last(kind).at("reason").get<std::string>();
  }
  Codes runner;
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreFinally, AfterSuccess) {
  make({Step{}, program("/bin/end", true)});
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("/bin/end"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreFinally, AfterFailure) {
  make({program("/bin/work"), program("/bin/end", true)});
  runner.codes["/bin/work"] = 1;
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("/bin/work", "/bin/end"));
  EXPECT_EQ(rig->count("run.failed"), 1U);
  EXPECT_THAT(reason("run.failed"), HasSubstr("exit code 1"));
  EXPECT_EQ(rig->last("finally.begun").at("run"), 1);
}

TEST_F(CoreFinally, AfterRollback) {
  make({Step{}, own("/q", "new"), program("/bin/end", true)});
  refuse("/q");
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("/bin/end"));
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(reason("run.rolled_back"), "not allowed");
}

TEST_F(CoreFinally, ItsFailureIsToldAndTheNextIsDoneAllTheSame) {
  make({Step{}, program("/bin/end", true), program("/bin/last", true)});
  runner.codes["/bin/end"] = 4;
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("/bin/end", "/bin/last"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_THAT(reason("run.succeeded"), HasSubstr("; finally: exec:/bin/end failed: program /bin/end: exit code 4"));
  EXPECT_EQ(rig->driver.state("/a"), file("good")) << "nothing is taken back for it";
  EXPECT_THAT(rig->told, testing::Contains(HasSubstr("a step of `finally` failed")));
}

TEST_F(CoreFinally, ItsFailureAfterARollbackToo) {
  make({Step{}, own("/q", "new"), program("/bin/end", true)});
  refuse("/q");
  runner.codes["/bin/end"] = 4;
  breaks();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_THAT(reason("run.rolled_back"),
              HasSubstr("not allowed; finally: exec:/bin/end failed: program /bin/end: exit code 4"));
}

TEST_F(CoreFinally, NotWhereNothingWasBegun) {
  make({Step{}, program("/bin/end", true)}, Mode::propose);
  breaks();
  ASSERT_TRUE(rig->ask(Deny{rig->review(), "no"}));
  rig->settle();
  make({Step{}, program("/bin/end", true)});
  rig->driver.states["/a"] = file("good");
  rig->hint("/a");
  rig->settle();
  EXPECT_TRUE(runner.started.empty());
}

TEST_F(CoreFinally, APersonsEndIsAnEnd) {
  make({program("/bin/work"), Step{}, program("/bin/end", true)});
  breaks(false);
  ASSERT_TRUE(rig->ask(CancelRun{1, "stop"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.cancelled"), 1U);
  EXPECT_THAT(runner.started, ElementsAre("/bin/work"));
}

TEST_F(CoreFinally, APauseDuringARollbackPutsItOff) {
  make({Step{}, own("/q", "new"), program("/bin/end", true)});
  rig->driver.on_apply = [&](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    if (request.key.ends_with("-undo")) rig->gate.close(Gate::operator_);
    return std::nullopt;
  };
  breaks();
  ASSERT_TRUE(rig->ask(Pause{"wait"}));
  rig->pass(1s);
  EXPECT_TRUE(runner.started.empty());
  EXPECT_EQ(rig->core->projection().runs().at(1).state, RunState::rolling_back);
  rig->gate.open(Gate::operator_);
  ASSERT_TRUE(rig->ask(Resume{"go"}));
  rig->pass(1s);
  EXPECT_THAT(runner.started, ElementsAre("/bin/end"));
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(reason("run.rolled_back"), "not allowed");
}

TEST_F(CoreFinally, ADeathDuringItAsksAPerson) {
  make({program("/bin/work"), program("/bin/end", true)});
  runner.codes["/bin/work"] = 1;
  breaks(false);
  rig->one();  // the work has failed, the end is announced
  ASSERT_EQ(rig->count("finally.begun"), 1U);
  restart();
  EXPECT_EQ(rig->count("run.unknown"), 1U);
  EXPECT_THAT(runner.started, ElementsAre("/bin/work")) << "never started again unseen";
}

TEST_F(CoreFinally, ADeathBeforeItLosesItNot) {
  make({Step{}, own("/q", "new"), program("/bin/end", true)});
  refuse("/q");
  breaks(false);
  rig->one();  // /a is made
  rig->one();  // /q is refused; the undo of /a is announced
  ASSERT_EQ(rig->core->projection().runs().at(1).state, RunState::rolling_back);
  restart();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_THAT(runner.started, ElementsAre("/bin/end"));
}

}  // namespace
}  // namespace aright::engine::test
