// A death at every boundary of runs of every kind of step: whatever was under way, the run ends as without it, or a
// person is asked, and nothing is done twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

/// Programs do their work once for each key; one that looks tells whether it is there.
class Working final : public ProgramRunner {
 public:
  std::vector<std::string> started;  ///< keys, without those that look
  std::set<std::string> there;
  std::map<std::string, int> at_work;  ///< keys of those that outlive a death → how often they are found, then end well
  std::vector<std::string> overdue;    ///< keys of those that were to be ended
  bool stubborn{false};                ///< they cannot be
  Result<FormerProgram> former(const ProgramRequest& request, bool is_overdue) override {
    const auto found = at_work.find(request.key);
    if (found == at_work.end()) return FormerProgram{};
    if (is_overdue) overdue.push_back(request.key);
    if (is_overdue && stubborn) return fail(Errc::timeout, "process 7 is still there");
    if (!is_overdue && --found->second > 0)
      return FormerProgram{.at_work = true, .who = "processes 7, 9", .left = 43500ms};
    if (!is_overdue) there.insert(request.key);
    at_work.erase(found);
    return FormerProgram{.who = "processes 7, 9", .ended = is_overdue};
  }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    ProgramOutcome outcome;
    if (request.key.ends_with("-confirm")) {
      EXPECT_FALSE(at_work.contains(request.arguments.back())) << "looked for while it is at work";
      outcome.number = there.contains(request.arguments.back()) ? 0 : 1;
      return outcome;
    }
    EXPECT_FALSE(at_work.contains(request.key)) << "doubled";
    started.push_back(request.key);
    there.insert(request.key);
    outcome.output.kept = R"({"hosts": ["192.0.2.1", "192.0.2.2"]})";
    outcome.output.total = outcome.output.kept.size();
    return outcome;
  }
};

Step program(bool confirmed, std::vector<std::string> more = {}) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/work"};
  std::ranges::copy(more, std::back_inserter(exec.program.arguments));
  if (confirmed) {
    exec.confirm = Step::Confirm{};
    exec.confirm->program.arguments = {"/bin/look", "${ run.key }"};
  }
  return {std::move(exec)};
}

Step with(Step step, std::optional<Step::Arm> arm, const std::string& name = "", bool at_end = false) {
  step.arm = arm;
  step.name = name;
  step.at_end = at_end;
  return step;
}

std::vector<Step> every_kind(bool confirmed) {
  Step look = with(program(confirmed), {}, "look");
  std::get<Step::Exec>(look.act).output = {{"hosts", {FieldType::address, true}}};
  std::vector<Step> steps{
      Step{}, look, {.act = Step::Branch{"has(steps.look.exit_code) && steps.look.exit_code == 0"}}};
  steps.push_back(with(own("/q", "then"), Step::Arm{2, false}));
  steps.push_back(with(own("/q", "else"), Step::Arm{2, true}));
  steps.push_back({Step::Wait{1min}});
  steps.push_back({.act = Step::ForEach{R"(["x", "y"])", 3}});
  for (std::size_t i = 0; i < 3; ++i) steps.push_back(with(program(confirmed, {"${ each }"}), Step::Arm{6, false, i}));
  steps.push_back({Step::Branch{"finding.episode > 5"}});
  steps.push_back(with(own("/e", "never"), Step::Arm{10, false}));
  steps.push_back(own("/b", "last"));
  steps.push_back(with(program(confirmed), {}, "", true));
  return steps;
}

class Recovery : public testing::TestWithParam<bool> {
 protected:
  void make(std::vector<Step> steps) {
    config_ = one_file();
    config_.workflows[0].steps = std::move(steps);
    runner = Working{};
    rig = std::make_unique<Rig>(config_);
    rig->programs = &runner;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
  }
  void restart() {
    rig->remembered = Remembered{};
    rig->remembered.key = "key";
    rig->remembered.workflows = {config_.workflows[0]};
    rig->remember_plans(R"({"hosts": ["192.0.2.1", "192.0.2.2"]})");
    rig->remembered.remarks = remarks;
    rig->restart();
  }
  /// One piece of work, or the time that something waits for. False: the run has ended or asks.
  bool go() {
    if (!rig->work.empty()) return rig->one(), true;
    const auto& runs = rig->core->projection().runs();
    if (runs.empty() || runs.begin()->second.state == RunState::unknown) return false;
    if (runs.begin()->second.state == RunState::held) return false;
    rig->now.boot += 10s;
    rig->now.wall += 10s;
    rig->feed(PauseSeen{"file", false});
    return true;
  }
  std::size_t to_its_end() {
    std::size_t pieces = 0;
    while (go() && pieces < 500) ++pieces;
    return pieces;
  }
  /// The log in short.
  [[nodiscard]] std::string told() const {
    std::string text;
    for (const Json& e : rig->entries) {
      text += "\n  " + e.at("kind").get<std::string>() + " " + e.value("state", "") + " " + e.value("reason", "");
    }
    return text;
  }
  /// As it must be, after `deaths` at `where`.
  void is_whole(const std::string& where) {
    for (const std::string& key : rig->driver.applied) {
      EXPECT_EQ(std::ranges::count(rig->driver.applied, key), 1) << key << " twice, " << where;
    }
    for (const std::string& key : runner.started) {
      EXPECT_EQ(std::ranges::count(runner.started, key), 1) << key << " twice, " << where;
    }
    if (rig->count("run.succeeded") == 0) {
      EXPECT_FALSE(GetParam()) << "what can be looked at ends by itself, " << where << told();
      EXPECT_EQ(rig->count("run.unknown"), 1U) << where;
      return;
    }
    EXPECT_EQ(rig->driver.state("/a"), file("good")) << where;
    EXPECT_TRUE(rig->driver.state("/q").at("content") == "then" || rig->driver.state("/q").at("content") == "else")
        << where;
    EXPECT_EQ(rig->driver.state("/b").at("content"), "last") << where;
    EXPECT_FALSE(rig->driver.states.contains("/e")) << where;
    EXPECT_EQ(runner.started.size(), 4U) << "one, two of the list, one at the end, " << where;
    EXPECT_EQ(rig->core->projection().admissions("fix", false).size(), 1U) << where;
  }
  Working runner;
  std::vector<Remark> remarks;  ///< of the next start
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_P(Recovery, ADeathAtEveryBoundary) {
  make(every_kind(GetParam()));
  const std::size_t pieces = to_its_end();
  is_whole("without a death");
  ASSERT_GT(pieces, 10U);
  for (std::size_t at = 0; at <= pieces; ++at) {
    make(every_kind(GetParam()));
    for (std::size_t i = 0; i < at; ++i) go();
    restart();
    to_its_end();
    is_whole("a death after piece " + std::to_string(at));
  }
}

/// The piece of work was carried out, and the process died before it could say so.
TEST_P(Recovery, ADeathAfterEveryEffect) {
  make(every_kind(GetParam()));
  const std::size_t pieces = to_its_end();
  for (std::size_t at = 0; at <= pieces; ++at) {
    make(every_kind(GetParam()));
    for (std::size_t i = 0; i < at; ++i) go();
    if (rig->work.empty()) continue;
    rig->done_unseen();
    restart();
    to_its_end();
    is_whole("a death with piece " + std::to_string(at) + " done");
  }
}

/// One program, which has been started when the process dies, and goes on.
class Outlives : public Recovery {
 protected:
  void die_at_work(int found, std::vector<Step> more = {}) {
    more.insert(more.begin(), program(GetParam()));
    make(std::move(more));
    while (rig->count("step.intended") == 0) go();
    ASSERT_TRUE(std::holds_alternative<DoErrand>(rig->work.back()));
    runner.started.push_back("r1-0");
    runner.at_work["r1-0"] = found;
    restart();
  }
  [[nodiscard]] const aright::Run& run() const { return rig->core->projection().runs().at(1); }
  [[nodiscard]] std::string shown() const {
    return rig->core->waits().reason(1, run().workflow, run().state, run().reason);
  }
};

TEST_P(Outlives, ItIsWaitedForAndThenLookedAt) {
  die_at_work(4);
  rig->settle();
  EXPECT_EQ(shown(),
            "waits for what was started before the restart (processes 7, 9), which is at work still; it has 44s left");
  EXPECT_EQ(rig->last("step.outlived").at("found"),
            "what was started before the restart (processes 7, 9) is at work still, for 44s at most");
  EXPECT_FALSE(rig->told.empty());
  EXPECT_EQ(rig->count("step.confirming") + rig->count("run.unknown"), 0U);
  EXPECT_TRUE(rig->core->quiet()) << "a stop does not wait for it";
  rig->pass(1s);
  EXPECT_EQ(rig->count("step.outlived"), 2U);
  EXPECT_EQ(rig->last("step.outlived").at("found"), "what was at work of it has ended");
  EXPECT_THAT(runner.started, testing::ElementsAre("r1-0"));
  if (GetParam()) {
    EXPECT_EQ(rig->count("run.succeeded"), 1U) << told();
  } else {
    EXPECT_THAT(rig->last("run.unknown").at("reason").get<std::string>(),
                testing::HasSubstr("was at work; it has ended since: whether it did its work is not known"));
  }
}

TEST_P(Outlives, OneWhoseTimeIsOverIsEnded) {
  die_at_work(1'000'000);
  rig->settle();
  rig->pass(59s);
  EXPECT_TRUE(runner.overdue.empty());
  rig->pass(3s);
  EXPECT_THAT(runner.overdue, testing::ElementsAre("r1-0"));
  EXPECT_EQ(rig->count("step.outlived"), 2U);
  EXPECT_EQ(
      rig->last("step.outlived").at("found"),
      "what was started before the restart (processes 7, 9) was at work after its time limit, and has been ended");
  if (GetParam()) {
    EXPECT_EQ(rig->count("run.succeeded"), 1U) << "not there: once more, now alone" << told();
    EXPECT_EQ(runner.started.size(), 2U);
  } else {
    EXPECT_EQ(rig->count("run.unknown"), 1U);
    EXPECT_EQ(runner.started.size(), 1U);
  }
}

TEST_P(Outlives, OneThatCannotBeEndedIsAPersonsQuestion) {
  die_at_work(1'000'000);
  runner.stubborn = true;
  rig->pass(63s);
  EXPECT_EQ(rig->last("run.unknown").at("reason"), "process 7 is still there");
  EXPECT_EQ(rig->count("step.confirming"), 0U);
  EXPECT_EQ(runner.started.size(), 1U);
}

TEST_P(Outlives, APauseMakesNobodyForgetIt) {
  die_at_work(6);
  rig->feed(PauseSeen{"file", true});
  rig->pass(10s);
  EXPECT_EQ(rig->count("step.outlived"), 2U) << "to wait is no effect";
  EXPECT_EQ(rig->count("step.confirming"), 0U);
  rig->feed(PauseSeen{"file", false});
  rig->pass(1s);
  EXPECT_EQ(runner.started.size(), 1U);
  EXPECT_EQ(rig->count(GetParam() ? "run.succeeded" : "run.unknown"), 1U) << told();
}

TEST_P(Outlives, ACancelledRunEndsWhenItIsOver) {
  die_at_work(6, {program(GetParam())});
  rig->settle();
  const auto answer = rig->ask(CancelRun{1, "not needed"});
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->at("note").get<std::string>(), testing::HasSubstr("an effect is under way"));
  EXPECT_EQ(rig->count("run.cancelled"), 0U);
  rig->pass(5s);
  EXPECT_EQ(rig->count(GetParam() ? "run.cancelled" : "run.unknown"), 1U) << told();
  EXPECT_EQ(runner.started.size(), 1U);
}

TEST_P(Outlives, AnotherDeathChangesNothing) {
  die_at_work(8);
  rig->pass(300ms);
  restart();
  rig->pass(10s);
  EXPECT_EQ(runner.started.size(), 1U);
  EXPECT_EQ(rig->count(GetParam() ? "run.succeeded" : "run.unknown"), 1U) << told();
}

/// Others know by its key what they were asked for: nothing else may have it, not even after the log was put back.
TEST_P(Outlives, ARestoreLeavesTheKeysOfBeforeAndGivesNewOnes) {
  make({program(GetParam()), program(GetParam()), Step{}});
  while (rig->count("step.intended") == 0) go();
  runner.started.push_back("r1-0");
  runner.at_work["r1-0"] = 4;
  remarks = {{"node.restored", {{"epoch", "00c0ffee"}, {"reason", "the disk died"}}}};
  restart();
  rig->pass(1s);
  EXPECT_EQ(rig->count("step.outlived"), 2U) << "it was found, and has ended";
  if (!GetParam()) return;  // a person goes on
  EXPECT_THAT(runner.started, testing::ElementsAre("r1-0", "r1-1")) << "planned before it: the same work still";
  remarks.clear();
  restart();
  rig->changes("/a", "bad again");
  rig->pass(1s);
  EXPECT_EQ(runner.started.back(), "00c0ffee-r2-1") << told();
  EXPECT_EQ(rig->last("step.intended").at("key"), "00c0ffee-r2-2");
  EXPECT_EQ(rig->count("run.succeeded"), 2U) << "and whoever looks was told the same key";
}

INSTANTIATE_TEST_SUITE_P(Programs, Outlives, testing::Bool(),
                         [](const auto& confirmed) { return confirmed.param ? "Confirmed" : "Unconfirmed"; });
INSTANTIATE_TEST_SUITE_P(Programs, Recovery, testing::Bool(),
                         [](const auto& confirmed) { return confirmed.param ? "Confirmed" : "Unconfirmed"; });

}  // namespace
}  // namespace aright::engine::test
