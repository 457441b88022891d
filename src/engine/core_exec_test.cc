// Programs in the core: announced before they start, judged, confirmed, and never started again unseen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Runner final : public ProgramRunner {
 public:
  std::vector<std::string> started;  ///< keys
  std::vector<ProgramRequest> requests;
  std::function<Result<ProgramOutcome>(const ProgramRequest&)> answer;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.key);
    requests.push_back(request);
    return answer ? answer(request) : Result<ProgramOutcome>(ProgramOutcome{});
  }
};

ProgramOutcome exits(int code) {
  ProgramOutcome outcome;
  outcome.number = code;
  return outcome;
}

ProgramOutcome cut_off() {
  ProgramOutcome outcome = exits(SIGTERM);
  outcome.signalled = true;
  outcome.cut = ProgramCut::time_limit;
  return outcome;
}

Step runs(bool confirmed, std::vector<std::string> arguments = {"/bin/p", "${ finding.subject.id }"}) {
  Step::Exec exec;
  exec.program.arguments = std::move(arguments);
  if (confirmed) {
    exec.confirm = Step::Confirm{};
    exec.confirm->program.arguments = {"/bin/look", "${ run.key }"};
  }
  return {std::move(exec)};
}

class CoreExec : public testing::Test {
 protected:
  void make(std::vector<Step> steps, OnFailure on_failure = OnFailure::roll_back) {
    Config config = one_file();
    config.workflows[0].steps = std::move(steps);
    config.workflows[0].on_failure = on_failure;
    workflow_ = config.workflows[0];
    rig = std::make_unique<Rig>(std::move(config));
    rig->programs = &runner;
    rig->start();
    rig->settle();
  }
  void breaks() {
    rig->changes("/a", "bad");
    rig->settle();
  }
  /// The program answers the first code, the one that looks the second.
  void answers(Result<ProgramOutcome> program, Result<ProgramOutcome> look = exits(0)) {
    runner.answer = [program, look](const ProgramRequest& request) {
      return request.key.ends_with("-confirm") ? look : program;
    };
  }
  /// As the shell does before a start: the plans of open runs, from their blobs.
  void restart() {
    const auto& run = rig->core->projection().runs().begin()->second;
    std::vector<Plan> plans;
    for (const RunStep& step : run.steps) {
      Plan plan;
      plan.names = step.names;
      plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
      plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
      plans.push_back(std::move(plan));
    }
    rig->remembered.plans[run.id] = std::move(plans);
    rig->restart();
    rig->settle();
  }
  Runner runner;
  Workflow workflow_;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreExec, IsAnnouncedBeforeItStartsAndStaysUnverified) {
  make({runs(false)});
  rig->changes("/a", "bad");
  rig->settle(false);
  ASSERT_EQ(rig->count("step.intended"), 1U);
  EXPECT_TRUE(runner.started.empty());
  const Json intended = rig->last("step.intended");
  EXPECT_EQ(intended.at("arguments"), Json({"/bin/p", "/a"}));
  EXPECT_EQ(intended.at("key"), "r1-0");
  rig->settle();
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
  EXPECT_EQ(rig->last("run.succeeded").at("unverified"), 1);
  EXPECT_THAT(rig->last("run.succeeded").at("reason").get<std::string>(), HasSubstr("unverified"));
  EXPECT_EQ(rig->core->figures().unverified, 1U);
  EXPECT_EQ(parse_json(runner.requests[0].input)->at("subject").at("id"), "/a");
}

TEST_F(CoreExec, WhatIsCertainlyNotThereIsTriedAgainUnderTheSameKey) {
  Step step = runs(true);
  step.retry = {1, std::chrono::seconds{2}};
  make({step});
  answers(exits(7), exits(1));
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("r1-0", "r1-0-confirm"));
  EXPECT_THAT(rig->last("step.done").at("outcome").get<std::string>(), HasSubstr("again in 2s"));
  answers(exits(0));
  rig->pass(std::chrono::seconds{3});
  EXPECT_THAT(runner.started, ElementsAre("r1-0", "r1-0-confirm", "r1-0", "r1-0-confirm"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreExec, WithoutALookNothingIsTriedAgain) {
  Step step = runs(false);
  step.retry = {3, std::chrono::seconds{1}};
  make({step});
  answers(exits(7));
  breaks();
  rig->pass(std::chrono::seconds{5});
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
  EXPECT_EQ(rig->count("run.failed"), 1U);
}

TEST_F(CoreExec, ConfirmDecidesWhateverTheProgramSaid) {
  struct Case {
    Result<ProgramOutcome> program;
    Result<ProgramOutcome> look;
    const char* end;
  };
  const std::vector<Case> cases{
      {exits(0), exits(0), "run.succeeded"},  {exits(0), exits(1), "run.failed"},
      {exits(0), exits(2), "run.unknown"},    {exits(7), exits(0), "run.succeeded"},
      {exits(7), exits(1), "run.failed"},     {exits(7), exits(9), "run.unknown"},
      {cut_off(), exits(0), "run.succeeded"}, {cut_off(), exits(1), "run.failed"},
      {cut_off(), cut_off(), "run.unknown"},  {exits(0), fail(Errc::not_found, "no such program"), "run.unknown"}};
  for (const Case& c : cases) {
    make({runs(true)});
    answers(c.program, c.look);
    runner.started.clear();
    breaks();
    EXPECT_EQ(rig->count(c.end), 1U) << c.end;
    EXPECT_EQ(rig->count("step.confirming"), 1U);
    EXPECT_THAT(runner.started, ElementsAre("r1-0", "r1-0-confirm"));
    EXPECT_FALSE(rig->last(c.end).contains("unverified"));
  }
}

TEST_F(CoreExec, WithoutConfirmOnlyACleanEndIsKnown) {
  struct Case {
    Result<ProgramOutcome> program;
    const char* end;
    const char* said;
  };
  const std::vector<Case> cases{{exits(3), "run.failed", "exit code 3"},
                                {cut_off(), "run.unknown", "did not end within"},
                                {fail(Errc::not_found, "no such program"), "run.failed", "no such program"},
                                {fail(Errc::timeout, "hangs in the kernel"), "run.unknown", "hangs"},
                                {fail(Errc::conflict, "runs already"), "run.unknown", "runs already"}};
  for (const Case& c : cases) {
    make({runs(false)});
    answers(c.program);
    breaks();
    ASSERT_EQ(rig->count(c.end), 1U) << c.said;
    EXPECT_THAT(rig->last(c.end).at("reason").get<std::string>(), HasSubstr(c.said));
  }
}

TEST_F(CoreExec, ALaterFailureUndoesTheFixAndTellsThatAProgramStays) {
  make({Step{}, runs(false)});
  answers(exits(1));
  breaks();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));

  make({runs(false), own("/q", "new")});
  answers(exits(0));
  rig->driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    return std::nullopt;
  };
  breaks();
  ASSERT_EQ(rig->count("run.rollback_failed"), 1U);
  EXPECT_THAT(rig->last("run.rollback_failed").at("reason").get<std::string>(),
              HasSubstr("exec:/bin/p: what a program did is not undone by itself"));
}

TEST_F(CoreExec, AProgramWithNothingToUndoLeavesNothingBehindARollback) {
  Step harmless = runs(false);
  harmless.nothing_to_undo = true;
  make({harmless, own("/q", "new")});
  answers(exits(0));
  rig->driver.on_apply = [](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    return std::nullopt;
  };
  breaks();
  ASSERT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(rig->count("run.rollback_failed"), 0U);
  EXPECT_THAT(rig->last("run.rolled_back").at("reason").get<std::string>(), HasSubstr("not allowed"));
}

TEST_F(CoreExec, NothingFollowsAChangeThatIsNotNeeded) {
  make({Step{}, runs(false)});
  EXPECT_TRUE(rig->ask(Pause{"wait"}));
  breaks();
  rig->driver.states["/a"] = file("good");  // somebody was faster than the plan
  EXPECT_TRUE(rig->ask(Resume{"go"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.cancelled"), 1U);
  EXPECT_TRUE(runner.started.empty());
}

TEST_F(CoreExec, AfterADeathOnlyConfirmLetsItStartAgain) {
  make({runs(false)});
  rig->changes("/a", "bad");
  rig->settle(false);  // announced; whether it has started, nobody knows
  restart();
  EXPECT_EQ(rig->count("run.unknown"), 1U);
  EXPECT_TRUE(runner.started.empty());

  for (const auto& [look, again, end] :
       {std::tuple{0, false, "run.succeeded"}, {1, true, "run.failed"}, {5, false, "run.unknown"}}) {
    make({runs(true)});
    runner.started.clear();
    answers(exits(0), exits(look));
    rig->changes("/a", "bad");
    rig->settle(false);
    restart();
    EXPECT_EQ(rig->count(end), 1U) << look;
    EXPECT_EQ(std::ranges::count(runner.started, "r1-0"), again ? 1 : 0) << look;
    EXPECT_EQ(runner.started.front(), "r1-0-confirm") << "looks first";
    EXPECT_EQ(rig->count("step.intended"), again ? 2U : 1U) << "announced anew";
  }
}

/// The first may have left its run's token somewhere.
TEST_F(CoreExec, WhatCannotBeStartedAgainAfterADeathMayHaveRunBefore) {
  make({runs(true)});
  rig->changes("/a", "bad");
  rig->settle(false);
  answers(fail(Errc::not_found, "cannot be started"), exits(1));
  restart();
  ASSERT_EQ(rig->count("run.failed"), 1U);
  ASSERT_THAT(rig->last("step.done").at("outcome").get<std::string>(), HasSubstr("not started"));
  const auto& subjects = rig->core->projection().subjects();
  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_EQ(subjects.begin()->second.answers.begin()->second.run, 1U);
}

TEST_F(CoreExec, APauseBeforeTheStartTakesTheIntentionBack) {
  make({runs(true)});
  rig->changes("/a", "bad");
  rig->settle(false);
  rig->gate.close(Gate::operator_);
  EXPECT_TRUE(rig->ask(Pause{"wait"}));
  rig->settle();
  EXPECT_TRUE(runner.started.empty());
  EXPECT_EQ(rig->core->projection().runs().begin()->second.state, RunState::waiting);
  rig->gate.open(Gate::operator_);
  EXPECT_TRUE(rig->ask(Resume{"go"}));
  rig->settle();
  EXPECT_THAT(runner.started, ElementsAre("r1-0", "r1-0-confirm"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreExec, APauseBeforeTheLookOnlyPutsItOff) {
  make({runs(true)});
  answers(exits(0));
  const auto program = runner.answer;
  runner.answer = [&](const ProgramRequest& request) {
    if (!request.key.ends_with("-confirm")) rig->gate.close(Gate::operator_);
    return program(request);
  };
  breaks();
  EXPECT_THAT(runner.started, ElementsAre("r1-0"));
  EXPECT_EQ(rig->count("step.confirming"), 1U);
  rig->gate.open(Gate::operator_);
  rig->pass(std::chrono::seconds{1});
  EXPECT_EQ(runner.started, (std::vector<std::string>{"r1-0", "r1-0-confirm"}));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreExec, WhatIsSecretIsInNoEntry) {
  Step step = runs(true, {"/bin/p", "geheim"});
  std::get<Step::Exec>(step.act).sensitive = true;
  std::get<Step::Exec>(step.act).program.environment["TOKEN"] = "geheim too";
  make({step});
  answers(exits(1), exits(1));
  breaks();
  EXPECT_EQ(rig->count("run.failed"), 1U);
  for (const std::string& entry : rig->bytes) EXPECT_THAT(entry, testing::Not(HasSubstr("geheim")));
  EXPECT_EQ(rig->last("step.intended").at("arguments_omitted"), 2);
}

TEST_F(CoreExec, AVariablesValueIsInNoEntry) {
  Step step = runs(false);
  std::get<Step::Exec>(step.act).program.environment["TOKEN"] = "geheim";
  make({step});
  breaks();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  for (const std::string& entry : rig->bytes) {
    if (!entry.contains("step.")) continue;
    EXPECT_THAT(entry, testing::Not(HasSubstr("geheim")));
  }
}

/// Whether something was taken back is another question than whether it happened.
TEST_F(CoreExec, WhoHasLookedSaysOfAnUndoThatItIsDoneOrNot) {
  for (const bool done : {true, false}) {
    runner.started.clear();
    make({Step{}, runs(false)});
    runner.answer = [](const ProgramRequest&) { return exits(3); };
    rig->driver.on_apply = [&](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
      if (request.key != "r1-0") rig->driver.unreadable["/a"] = {Errc::unavailable, Retry::yes, "a pipe"};
      return std::nullopt;
    };
    breaks();
    rig->pass(std::chrono::minutes{1});
    ASSERT_EQ(rig->count("run.unknown"), 1U);
    const auto answer = rig->ask(ResolveRun{1, done, "looked"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->at("state"), done ? "rolled_back" : "rollback_failed");
    const Json end = rig->last(done ? "run.rolled_back" : "run.rollback_failed");
    EXPECT_THAT(end.at("reason").get<std::string>(),
                HasSubstr(done ? "found undone by alice: looked" : "found not undone by alice: looked"));
    EXPECT_EQ(rig->count("run.succeeded") + rig->count("run.failed"), 0U);
    EXPECT_TRUE(rig->core->projection().reviews().empty());
  }
}

}  // namespace
}  // namespace aright::engine::test
