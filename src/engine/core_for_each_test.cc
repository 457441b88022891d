// What is planned when its turn comes, and programs for each value of a list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// Writes what it is told to, and remembers the arguments of all that ran.
class Writing final : public ProgramRunner {
 public:
  std::vector<std::string> ran;
  std::string writes;
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    std::string words = request.key;
    for (const std::string& argument : request.arguments) words += " " + argument;
    ran.push_back(words);
    input = request.input;
    ProgramOutcome outcome;
    outcome.output.kept = writes;
    outcome.output.total = writes.size();
    return outcome;
  }
  std::string input;  ///< of the last
};

Step looking_first(OutputShape output) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/look"};
  exec.output = std::move(output);
  Step step{std::move(exec)};
  step.name = "look";
  return step;
}

Step telling(std::vector<std::string> arguments, std::optional<Step::Arm> arm = {}) {
  Step::Exec exec;
  arguments.insert(arguments.begin(), "/bin/tell");
  exec.program.arguments = std::move(arguments);
  Step step{std::move(exec)};
  step.arm = arm;
  return step;
}

/// As the parser lays it out, from step `index` on.
std::vector<Step> each(std::size_t index, const std::string& list, std::size_t at_most) {
  std::vector<Step> steps{{.act = Step::ForEach{list, at_most}}};
  for (std::size_t i = 0; i < at_most; ++i) steps.push_back(telling({"${ each }"}, Step::Arm{index, false, i}));
  return steps;
}

const OutputShape hosts{{"hosts", {FieldType::address, true}}, {"note", {FieldType::text, false}}};

class CoreForEach : public testing::Test {
 protected:
  void make(std::vector<Step> steps, Mode mode = Mode::auto_, bool set_lower = false) {
    config_ = one_file();
    config_.workflows[0].steps = std::move(steps);
    config_.workflows[0].mode = mode;
    runner.ran.clear();
    rig = std::make_unique<Rig>(config_);
    rig->programs = &runner;
    rig->start();
    rig->settle();
    if (set_lower) {
      ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::plan, "look"}));
    }
    rig->changes("/a", "bad");
    rig->settle();
  }
  std::vector<Step> look_then(std::vector<Step> more) {
    more.insert(more.begin(), looking_first(hosts));
    return more;
  }
  [[nodiscard]] const aright::Run& run() const { return rig->core->projection().runs().at(1); }
  Writing runner;
  Config config_;
  std::unique_ptr<Rig> rig;
};

TEST_F(CoreForEach, AStepMayNameWhatAnEarlierOneWrote) {
  runner.writes = R"({"hosts": ["192.0.2.1", "192.0.2.2"], "note": "x"})";
  make(look_then({telling({"${ steps.look.output.hosts[1] }", "code ${ steps.look.exit_code }"})}));
  EXPECT_THAT(runner.ran, ElementsAre("r1-0 /bin/look", "r1-1 /bin/tell 192.0.2.2 code 0"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->core->projection().admissions("fix", false).size(), 1U) << "counted once";
  EXPECT_EQ(parse_json(runner.input)->at("steps").at("look").at("output").at("note"), "x");
}

TEST_F(CoreForEach, APersonApprovesWhatIsKnownOnlyLater) {
  runner.writes = R"({"hosts": ["192.0.2.1"], "note": "x"})";
  make(look_then({telling({"${ steps.look.output.hosts[0] }"})}), Mode::propose);
  EXPECT_EQ(run().steps.at(1).state, StepState::open);
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "look"}));
  rig->settle();
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(runner.ran, ElementsAre("r1-0 /bin/look"));
  EXPECT_EQ(rig->last("step.planned").at("plan").at("difference").at(0).at("value"), Json({"/bin/tell", "192.0.2.1"}));
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "that too"}));
  rig->settle();
  EXPECT_THAT(runner.ran, ElementsAre("r1-0 /bin/look", "r1-1 /bin/tell 192.0.2.1"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreForEach, AnOutsidersTextIsNoArgument) {
  runner.writes = R"x({"hosts": [], "note": "$(reboot)"})x";
  make(look_then({telling({"${ steps.look.output.note }"})}));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("a program or server wrote as text"));
  EXPECT_THAT(runner.ran, ElementsAre("r1-0 /bin/look"));
}

TEST_F(CoreForEach, WhatIsNotThereIsAPersonsQuestion) {
  runner.writes = R"({"hosts": [], "note": ""})";
  make(look_then({telling({"${ steps.look.output.hosts[0] }"})}));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("argument 1 of /bin/tell"));
}

TEST_F(CoreForEach, OnceForEachValueOfAListThatIsKnownAtOnce) {
  make(each(0, R"x(["a", "b; $(c)"])x", 3), Mode::propose);
  ASSERT_EQ(run().steps.size(), 4U);
  EXPECT_EQ(run().steps[3].state, StepState::skipped);
  ASSERT_TRUE(rig->ask(Approve{rig->review(), "both"}));
  rig->settle();
  EXPECT_THAT(runner.ran, ElementsAre("r1-1 /bin/tell a", "r1-2 /bin/tell b; $(c)"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreForEach, OnceForEachValueOfTheFindingsOwnList) {
  make(each(0, "finding.differs", 3));
  EXPECT_THAT(runner.ran, ElementsAre("r1-1 /bin/tell content"));
}

TEST_F(CoreForEach, OnceForEachValueOfAListThatIsKnownLater) {
  runner.writes = R"({"hosts": ["192.0.2.1", "192.0.2.2"], "note": "x"})";
  make(look_then(each(1, "steps.look.output.hosts", 4)));
  EXPECT_THAT(runner.ran, ElementsAre("r1-0 /bin/look", "r1-2 /bin/tell 192.0.2.1", "r1-3 /bin/tell 192.0.2.2"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(CoreForEach, AnEmptyListAndALongOneAreAPersonsQuestion) {
  make(each(0, "[]", 3));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("it is empty, which is inconclusive"));
  make(each(0, R"(["a", "b", "c"])", 2));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("it has 3 values, at most 2 are meant"));
  make(each(0, "[1.5]", 2));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("it is no list of texts, integers and booleans"));
  runner.writes = R"({"hosts": [], "note": "x"})";
  make(look_then(each(1, "steps.look.output.hosts", 4)));
  ASSERT_EQ(run().state, RunState::held);
  EXPECT_THAT(run().reason, HasSubstr("it is empty, which is inconclusive"));
}

/// It was begun in mode plan, and no mode that is set later makes more of it.
TEST_F(CoreForEach, WhatWasHeldInModePlanStaysThere) {
  make(each(0, R"(["a", "b", "c"])", 2), Mode::auto_, true);
  ASSERT_EQ(run().state, RunState::held);
  ASSERT_TRUE(rig->ask(SetMode{"fix", Mode::auto_, "go"}));
  const auto refused = rig->ask(Approve{rig->review(), "yes"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "run 1 was begun in mode plan and stays there: nothing of it is done; deny it, then `aright runs retry 1 "
            "--reason WHY` begins anew");
  const auto explained = rig->ask(Explain{"file:/a"});
  ASSERT_TRUE(explained);
  EXPECT_THAT(explained->dump(), HasSubstr("run 1 was begun in mode plan and stays there, so nothing of it goes on"));
}

TEST_F(CoreForEach, AFailureInTheMiddleStopsTheRest) {
  make(each(0, R"(["a", "b"])", 2));
  EXPECT_EQ(runner.ran.size(), 2U);
  config_.workflows[0].steps.clear();
  Step first = telling({"x"});
  std::get<Step::Exec>(first.act).program.expect.exit_codes = {9};
  std::vector<Step> steps = each(0, R"(["a", "b"])", 2);
  std::get<Step::Exec>(steps[1].act).program.expect.exit_codes = {9};
  make(std::move(steps));
  EXPECT_THAT(runner.ran, ElementsAre("r1-1 /bin/tell a"));
  EXPECT_EQ(rig->count("run.failed"), 1U);
}

TEST_F(CoreForEach, AsJsonAndBack) {
  Workflow w;
  w.steps = each(0, "finding.differs", 2);
  const auto back = Workflow::from_json(w.to_json());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->version(), w.version());
  EXPECT_EQ(back->steps[2].arm, w.steps[2].arm);
}

}  // namespace
}  // namespace aright::engine::test
