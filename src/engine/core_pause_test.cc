// Pauses: each holds back its own effects for its own reason, and ends for itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct CountedPrograms final : ProgramRunner {
  std::vector<std::string> started;
  std::function<void()> before_end;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.key);
    if (before_end) before_end();
    return ProgramOutcome{};
  }
};

Pause of_workflow(const std::string& name, const std::string& reason = "look") {
  return {reason, PauseScope::workflow(name)};
}
Pause of_driver(const std::string& name, const std::string& reason = "look") {
  return {reason, PauseScope::driver(name)};
}

Step runs_program() {
  Step::Exec exec;
  exec.program.arguments = {"/bin/p", "${ run.key }"};
  return {std::move(exec)};
}

/// /a is put right by `fix`, /b by `other`.
Config two_files() {
  Config config = one_file();
  config.controls.push_back(control("b", "/b", {{"exists", true}, {"content", "good"}}));
  config.workflows.push_back(workflow("other", {"b"}));
  return config;
}

class CorePause : public testing::Test {
 protected:
  void make(Config config) {
    rig = std::make_unique<Rig>(std::move(config));
    rig->programs = &programs;
    rig->start();
    rig->settle();
  }
  void breaks(const std::string& path) {
    rig->changes(path, "bad");
    rig->settle();
  }
  [[nodiscard]] bool is_good(const std::string& path) const { return rig->driver.state(path) == file("good"); }
  [[nodiscard]] RunState state(std::uint64_t run) const { return rig->core->projection().runs().at(run).state; }
  [[nodiscard]] std::string why(std::uint64_t id) const {
    const auto& run = rig->core->projection().runs().at(id);
    return rig->core->waits().reason(id, run.workflow, run.state, run.reason);
  }
  std::string refused(Command command, const std::string& user = "alice") {
    const auto answer = rig->ask(std::move(command), user);
    return answer ? "not refused: " + answer->dump() : answer.error().message;
  }
  /// From the rows and entries alone, as `audit verify` and a restart have it.
  void is_what_the_entries_imply() {
    Projection replay;
    for (const Json& entry : rig->entries) {
      const auto ok = replay.apply(entry);
      ASSERT_TRUE(ok) << ok.error().message;
    }
    EXPECT_EQ(replay.context(), rig->core->projection().context());
  }

  CountedPrograms programs;
  std::unique_ptr<Rig> rig;
};

TEST_F(CorePause, OfAWorkflowHoldsBackItsRunsOnly) {
  make(two_files());
  const auto answer = rig->ask(of_workflow("fix", "maintenance"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (Json{{"paused", true}, {"pause", 1}, {"scope", "workflow fix"}}));
  EXPECT_FALSE(rig->core->paused());
  breaks("/a");
  breaks("/b");
  EXPECT_FALSE(is_good("/a"));
  EXPECT_TRUE(is_good("/b"));
  EXPECT_EQ(state(1), RunState::pending);
  EXPECT_EQ(why(1), "waits: workflow fix is paused (pause 1 by alice: maintenance)");
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, ACriticalFindingDoesNotWaitInSilence) {
  Config config = one_file();
  config.controls[0].severity = Level::critical;
  make(std::move(config));
  ASSERT_TRUE(rig->ask(of_workflow("fix")));
  breaks("/a");
  rig->pass(10s);
  EXPECT_EQ(rig->last("run.delayed").at("reason"), "waits: workflow fix is paused (pause 1 by alice: look)");
}

TEST_F(CorePause, OfADriverHoldsBackRunsWhoseNextEffectIsByIt) {
  Config config = two_files();
  config.workflows[1].steps = {runs_program()};
  make(std::move(config));
  ASSERT_TRUE(rig->ask(of_driver("exec")));
  breaks("/a");
  breaks("/b");
  EXPECT_TRUE(is_good("/a"));
  EXPECT_TRUE(programs.started.empty());
  EXPECT_EQ(why(2), "waits: driver exec is paused (pause 1 by alice: look)");
  EXPECT_EQ(state(2), RunState::pending);
  ASSERT_TRUE(rig->ask(of_driver("file")));
  breaks("/a");
  EXPECT_FALSE(is_good("/a"));
  ASSERT_TRUE(rig->ask(Resume{"done", std::uint64_t{1}}));
  rig->settle();
  EXPECT_EQ(programs.started.size(), 1U);
  EXPECT_FALSE(is_good("/a"));
  ASSERT_TRUE(rig->ask(Resume{"done", std::uint64_t{2}}));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, OfADriverReachesARunBetweenTwoSteps) {
  Config config = one_file();
  config.workflows[0].steps = {Step{}, runs_program()};
  make(std::move(config));
  ASSERT_TRUE(rig->ask(of_driver("exec")));
  breaks("/a");
  EXPECT_TRUE(is_good("/a")) << "its first step is by another driver";
  EXPECT_EQ(state(1), RunState::waiting);
  EXPECT_THAT(rig->last("run.waiting").at("reason").get<std::string>(), HasSubstr("driver exec is paused"));
  EXPECT_TRUE(programs.started.empty());
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_EQ(programs.started, (std::vector<std::string>{"r1-1"}));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CorePause, TheProgramThatLooksIsHeldBackToo) {
  Config config = one_file();
  Step step = runs_program();
  std::get<Step::Exec>(step.act).confirm = Step::Confirm{};
  std::get<Step::Exec>(step.act).confirm->program.arguments = {"/bin/look"};
  config.workflows[0].steps = {step};
  make(std::move(config));
  programs.before_end = [&] { rig->gate.close(PauseScope::workflow("fix")); };
  breaks("/a");
  ASSERT_TRUE(rig->ask(of_workflow("fix")));
  rig->pass(1s);
  EXPECT_EQ(programs.started, (std::vector<std::string>{"r1-0"}));
  EXPECT_EQ(state(1), RunState::waiting);
  programs.before_end = nullptr;
  rig->gate.close_only({});
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_EQ(programs.started, (std::vector<std::string>{"r1-0", "r1-0-confirm"}));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CorePause, WhatIsAnnouncedIsTakenBackAtTheGate) {
  make(two_files());
  rig->changes("/a", "bad");
  rig->changes("/b", "bad");
  rig->settle(false);
  ASSERT_EQ(rig->count("step.intended"), 2U);
  rig->gate.close(PauseScope::workflow("other"));  // as the shell does when it is asked
  ASSERT_TRUE(rig->ask(of_workflow("other")));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
  EXPECT_FALSE(is_good("/b"));
  EXPECT_EQ(state(2), RunState::waiting);
  rig->gate.close_only({});
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_TRUE(is_good("/b"));
}

TEST_F(CorePause, AGateThatClosesAndOpensBeforeItsEntryComesOnlyPutsItOff) {
  make(one_file());
  rig->changes("/a", "bad");
  rig->settle(false);
  rig->gate.close(PauseScope::driver("file"));
  rig->settle();
  EXPECT_FALSE(is_good("/a"));
  rig->gate.close_only({});
  rig->pass(1s);
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, ARollbackWaitsForTheEndOfAWorkflowsPause) {
  make(two_steps());
  rig->driver.on_apply = [&](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.resource.id != "/q") return std::nullopt;
    rig->gate.close(PauseScope::workflow("fix"));
    return fail(Errc::denied, "refused");
  };
  breaks("/a");
  ASSERT_TRUE(rig->ask(of_workflow("fix")));
  rig->pass(1s);
  EXPECT_EQ(state(1), RunState::rolling_back);
  EXPECT_TRUE(is_good("/a"));
  EXPECT_THAT(rig->last("run.rolling_back").at("reason").get<std::string>(), HasSubstr("workflow fix is paused"));
  rig->gate.close_only({});
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_FALSE(is_good("/a"));
}

TEST_F(CorePause, ATryAgainWaitsForItsEnd) {
  Config config = one_file();
  config.workflows[0].steps[0].retry = {3, 1s};
  make(std::move(config));
  bool fails = true;
  rig->driver.on_apply = [&](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    if (fails) return fail(Errc::unavailable, "busy");
    return std::nullopt;
  };
  breaks("/a");
  ASSERT_TRUE(rig->ask(of_driver("file")));
  fails = false;
  rig->pass(10s);
  EXPECT_FALSE(is_good("/a"));
  EXPECT_EQ(state(1), RunState::waiting);
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, AWaitThatIsOverGoesOnAfterIt) {
  Config config = one_file();
  config.workflows[0].steps = {Step{Step::Wait{2s}}, Step{}};
  make(std::move(config));
  ASSERT_TRUE(rig->ask(of_driver("file")));
  breaks("/a");
  EXPECT_EQ(state(1), RunState::waiting) << "a wait is no effect by the driver";
  rig->pass(10s);
  EXPECT_FALSE(is_good("/a"));
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->pass(1s);
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, PlansGoOn) {
  Config config = one_file();
  config.workflows[0].mode = Mode::plan;
  make(std::move(config));
  ASSERT_TRUE(rig->ask(of_workflow("fix")));
  ASSERT_TRUE(rig->ask(Pause{"all"}));
  breaks("/a");
  EXPECT_EQ(rig->count("run.planned"), 1U);
}

TEST_F(CorePause, WhatAPersonApprovedMeanwhileWaits) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  make(std::move(config));
  breaks("/a");
  ASSERT_TRUE(rig->ask(of_workflow("fix")));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "yes"}));
  rig->settle();
  EXPECT_FALSE(is_good("/a"));
  EXPECT_EQ(state(1), RunState::waiting);
  ASSERT_TRUE(rig->ask(Resume{"done"}));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, TwoPausersDoNotUndoEachOther) {
  make(one_file());
  ASSERT_TRUE(rig->ask(of_workflow("fix", "deploy"), "alice"));
  ASSERT_TRUE(rig->ask(of_workflow("fix", "incident"), "bob"));
  breaks("/a");
  EXPECT_EQ(why(1), "waits: workflow fix is paused (pause 1 by alice: deploy; and 1 more)");
  const auto answer = rig->ask(Resume{"deployed"}, "alice");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("resumed"), 1);
  EXPECT_EQ(answer->at("still"), Json::array({"pause 2 of workflow fix by bob: incident"}));
  rig->pass(1min);
  EXPECT_FALSE(is_good("/a"));
  EXPECT_EQ(why(1), "waits: workflow fix is paused (pause 2 by bob: incident)");
  ASSERT_TRUE(rig->ask(Resume{"over"}, "bob"));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
  is_what_the_entries_imply();
}

TEST_F(CorePause, ARunThatWaitsTellsOfThePauseThatHoldsItNow) {
  make(one_file());
  rig->changes("/a", "bad");
  rig->settle(false);
  rig->gate.close(PauseScope::workflow("fix"));
  ASSERT_TRUE(rig->ask(of_workflow("fix", "deploy"), "alice"));
  rig->settle();
  ASSERT_EQ(state(1), RunState::waiting);
  ASSERT_TRUE(rig->ask(of_driver("file", "disk"), "bob"));
  ASSERT_TRUE(rig->ask(Resume{"deployed"}, "alice"));
  rig->settle();
  EXPECT_EQ(rig->core->projection().runs().at(1).reason, "workflow fix is paused (pause 1 by alice: deploy)");
  EXPECT_EQ(why(1), "waits: driver file is paused (pause 2 by bob: disk)");
  const auto told = rig->ask(Explain{"/a"});
  rig->settle();
  EXPECT_THAT(rig->answers.back()->dump(), HasSubstr("run 1 waits: driver file is paused"));
}

TEST_F(CorePause, WithoutANumberOnlyOnesOwnIsMeant) {
  make(two_files());
  EXPECT_EQ(rig->ask(Resume{"x"}).value(), (Json{{"paused", false}, {"note", "nothing is paused"}}));
  ASSERT_TRUE(rig->ask(of_workflow("fix", "mine"), "alice"));
  EXPECT_EQ(refused(Resume{"x"}, "bob"),
            "nothing was resumed: what is paused is not by you: pause 1 of workflow fix by alice: mine; `resume "
            "NUMBER` ends one of them");
  ASSERT_TRUE(rig->ask(of_workflow("other", "mine too"), "alice"));
  EXPECT_THAT(refused(Resume{"x"}), HasSubstr("several are: pause 1 of workflow fix by alice: mine; pause 2 of"));
  EXPECT_THAT(refused(Resume{"x", PauseScope::driver("exec")}), HasSubstr("driver exec is not paused by itself"));
  EXPECT_THAT(refused(Resume{"x", std::uint64_t{9}}), HasSubstr("no pause 9 is in force"));
  EXPECT_EQ(rig->count("pause.cleared"), 0U);
  ASSERT_TRUE(rig->ask(Resume{"x", PauseScope::workflow("other")}));
  EXPECT_EQ(rig->last("pause.cleared").at("pause"), 2);
  ASSERT_TRUE(rig->ask(Resume{"it is mine to end", std::uint64_t{1}}, "bob"));
  EXPECT_EQ(rig->last("pause.cleared").at("by"), "bob");
  EXPECT_TRUE(rig->core->projection().pauses().empty());
}

TEST_F(CorePause, TheFileEndsItsOwnAndNothingElse) {
  make(one_file());
  rig->feed(PauseSeen{"file", true});
  EXPECT_THAT(rig->told, testing::Contains("pause 1 of everything by file: paused by file"));
  rig->feed(PauseSeen{"file", true});
  ASSERT_TRUE(rig->ask(Pause{"by hand"}));
  EXPECT_THAT(refused(Resume{"x", std::uint64_t{1}}), HasSubstr("remove the file"));
  ASSERT_TRUE(rig->ask(Resume{"x"}));
  EXPECT_TRUE(rig->core->paused());
  ASSERT_TRUE(rig->ask(Pause{"by hand again"}));
  rig->feed(PauseSeen{"file", false});
  EXPECT_EQ(rig->core->projection().pauses().size(), 1U);
  ASSERT_TRUE(rig->ask(Resume{"x"}));
  EXPECT_FALSE(rig->core->paused());
}

TEST_F(CorePause, TheSignalsIsNobodysAndEndsWithoutANumber) {
  make(one_file());
  rig->feed(PauseSeen{"signal", true});
  ASSERT_TRUE(rig->ask(Resume{"x"}, "bob"));
  EXPECT_FALSE(rig->core->paused());
}

TEST_F(CorePause, WhatThereIsNotIsRefused) {
  make(two_files());
  EXPECT_THAT(refused(of_workflow("fox")), HasSubstr("no workflow `fox`, nothing was paused; did you mean `fix`?"));
  EXPECT_THAT(refused(of_driver("exce")), HasSubstr("did you mean `exec`? known drivers: file, exec, call"));
  EXPECT_EQ(rig->count("pause.set"), 0U);
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(rig->ask(of_workflow("fix")));
  EXPECT_THAT(refused(of_workflow("fix")), HasSubstr("is paused 20 times already"));
  EXPECT_TRUE(rig->ask(of_workflow("other")));
}

TEST_F(CorePause, HoldsOverARestart) {
  make(two_files());
  ASSERT_TRUE(rig->ask(of_workflow("fix", "deploy \xFF"), "alice"));
  ASSERT_TRUE(rig->ask(of_driver("call"), "bob"));
  ASSERT_TRUE(rig->ask(Resume{"x"}, "bob"));
  breaks("/a");
  const auto before = rig->core->projection().pauses();
  rig->restart();
  rig->settle();
  const auto& after = rig->core->projection().pauses();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after.front().text(), before.front().text());
  EXPECT_EQ(after.front().since, before.front().since);
  EXPECT_FALSE(is_good("/a"));
  const auto again = rig->ask(of_driver("call"), "bob");
  EXPECT_EQ(again->at("pause"), 3);
  is_what_the_entries_imply();
  ASSERT_TRUE(rig->ask(Resume{"done"}, "alice"));
  rig->settle();
  EXPECT_TRUE(is_good("/a"));
}

TEST_F(CorePause, AWorkflowThatIsGoneStaysPausedAndComesBackPaused) {
  make(two_files());
  ASSERT_TRUE(rig->ask(of_workflow("other")));
  ASSERT_TRUE(rig->ask(Reload{one_file(), nullptr}));
  EXPECT_EQ(rig->core->projection().pauses().size(), 1U);
  EXPECT_THAT(refused(of_workflow("other")), HasSubstr("no workflow `other`"));
  ASSERT_TRUE(rig->ask(Reload{two_files(), nullptr}));
  breaks("/b");
  EXPECT_FALSE(is_good("/b"));
}

}  // namespace
}  // namespace aright::engine::test
