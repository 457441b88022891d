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
  std::string hangs;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.arguments.front());
    if (started.back() == hangs) return fail(Errc::timeout, "nobody knows");
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
  /// What is asked for at the end is in doubt, and a person has looked.
  Json resolve(bool done) {
    EXPECT_EQ(rig->count("run.unknown"), 1U);
    const auto answer = rig->ask(ResolveRun{1, done, "looked"});
    EXPECT_TRUE(answer) << answer.error().message;
    rig->settle();
    return answer.value_or(Json());
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

const std::string found_done = "; finally: exec:/bin/end: found done by alice: looked";
const std::string found_not_done = "; finally: exec:/bin/end failed: found not done by alice: looked";

/// docs/decisions/0083: whatever is found, the run ends as its other steps did.
TEST_F(CoreFinally, ADoubtInItLeavesASuccessOne) {
  for (const bool done : {true, false}) {
    make({Step{}, program("/bin/end", true), program("/bin/last", true)});
    runner.hangs = "/bin/end";
    breaks();
    const Json answer = resolve(done);
    EXPECT_EQ(answer.at("state"), "succeeded");
    EXPECT_EQ(answer.at("note"), "not begun, and not done now: exec:/bin/last");
    EXPECT_EQ(rig->last("run.succeeded").at("input"), "found-done");
    EXPECT_FALSE(rig->last("run.succeeded").contains("unverified"));
    const std::string last = "; finally: exec:/bin/last failed: not begun: the one before it was in doubt";
    EXPECT_EQ(reason("run.succeeded"),
              "every change read back as desired" + (done ? last + found_done : found_not_done + last));
    EXPECT_EQ(rig->stored("run", "000000000001").at("decided_by"), "guards") << "nobody decided about the fix";
    EXPECT_EQ(rig->last("review.decided").at("decision"), done ? "approved" : "denied");
    EXPECT_EQ(rig->count("finding.resolved"), 1U);
    EXPECT_EQ(rig->count("run.created"), 1U);
  }
}

TEST_F(CoreFinally, ADoubtInItLeavesAFailureOne) {
  for (const bool done : {true, false}) {
    make({program("/bin/work"), program("/bin/end", true)});
    runner.codes["/bin/work"] = 1;
    runner.hangs = "/bin/end";
    breaks();
    EXPECT_EQ(resolve(done).at("state"), "failed");
    EXPECT_EQ(reason("run.failed"),
              "program /bin/work: exit code 1, expected 0" + (done ? found_done : found_not_done));
    EXPECT_EQ(rig->count("run.succeeded"), 0U);
  }
}

TEST_F(CoreFinally, ADoubtInItLeavesARollbackOneAlsoOverARestart) {
  for (const bool done : {true, false}) {
    make({Step{}, own("/q", "new"), program("/bin/end", true)});
    refuse("/q");
    runner.hangs = "/bin/end";
    breaks();
    restart();
    EXPECT_EQ(resolve(done).at("state"), "rolled_back");
    EXPECT_EQ(reason("run.rolled_back"), "not allowed" + (done ? found_done : found_not_done));
    EXPECT_EQ(rig->stored("run", "000000000001").at("state"), "rolled_back");
  }
}

TEST_F(CoreFinally, ADoubtInItKeepsNobodyFromLookingAtWhatIsNotUndone) {
  for (const bool done : {true, false}) {
    make({Step{}, own("/q", "new"), program("/bin/end", true)});
    rig->driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
      if (request.resource.id == "/q" || request.key.ends_with("-undo")) return fail(Errc::denied, "not allowed");
      return std::nullopt;
    };
    runner.hangs = "/bin/end";
    breaks();
    EXPECT_EQ(resolve(done).at("state"), "rollback_failed");
    EXPECT_EQ(reason("run.rollback_failed"),
              "rollback: not allowed; not everything could be undone; file:/a: "
              "not allowed" +
                  (done ? found_done : found_not_done));
    ASSERT_EQ(rig->core->projection().reviews().size(), 1U) << "a person looks, as without the doubt";
    EXPECT_EQ(rig->core->projection().reviews().begin()->second.guard, "rollback");
  }
}

/// One answer cannot be to two questions: the one that decides how the run ends is asked.
TEST_F(CoreFinally, WhereAnUndoIsInDoubtTooThatIsAskedAbout) {
  make({Step{}, own("/q", "new"), program("/bin/end", true)});
  rig->driver.on_apply = [this](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    if (!request.key.ends_with("-undo")) return std::nullopt;
    rig->driver.unreadable["/a"] = Error{Errc::timeout, Retry::yes, "no answer"};
    return fail(Errc::timeout, "no answer");
  };
  runner.hangs = "/bin/end";
  breaks();
  rig->pass(6s);
  ASSERT_EQ(rig->count("run.unknown"), 1U);
  EXPECT_THAT(reason("run.unknown"),
              testing::MatchesRegex("not allowed; whether all of it is undone is not known; file:/a: .*; finally: "
                                    "nobody knows"));
  rig->driver.unreadable.clear();
  EXPECT_EQ(resolve(true).at("state"), "rolled_back");
}

}  // namespace
}  // namespace aright::engine::test
