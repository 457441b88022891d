// What becomes of open questions when the definitions, or those who decide, change under them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "changing_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The finding's file, a question, then /q.
Config asking_between() {
  Config config = two_steps();
  config.workflows[0].steps = {Step{}, Step{Step::Approve{"", "go on?", 4h, std::nullopt}}, own("/q", "new")};
  return config;
}

class Lapse : public Changing {
 protected:
  void make(Config config) {
    begin(std::move(config));
    ASSERT_EQ(reviews().size(), 1U);
  }
  void keep(const Workflow& w) { rig->remembered.workflows.push_back(w); }
  [[nodiscard]] const aright::Run& only_run() const { return rig->core->projection().runs().begin()->second; }
  Result<Json> yes(std::uint64_t review, const std::string& who = "alice", const std::string& hash = "") {
    auto answer = rig->ask(Approve{review, "yes", hash}, who);
    rig->settle();
    return answer;
  }
};

TEST_F(Lapse, WithItsWorkflowAQuestionGoes) {
  for (const bool by_restart : {false, true}) {
    make(proposing());
    Config without = proposing();
    without.workflows.clear();
    change_to(without, by_restart);
    EXPECT_THAT(reviews(), IsEmpty()) << by_restart;
    EXPECT_EQ(rig->last("review.decided").at("decision"), "lapsed");
    EXPECT_THAT(rig->last("run.cancelled").at("reason").get<std::string>(), HasSubstr("workflow fix has been removed"));
    EXPECT_FALSE(yes(1));
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
    EXPECT_THAT(rig->driver.applied, IsEmpty());
  }
}

TEST_F(Lapse, AfterARenamingOnlyTheNewNameAsks) {
  for (const bool by_restart : {false, true}) {
    make(proposing());
    Config renamed = proposing();
    renamed.workflows[0].name = "mend";
    change_to(renamed, by_restart);
    ASSERT_EQ(reviews().size(), 1U);
    EXPECT_EQ(reviews().begin()->second.workflow, "mend");
    EXPECT_FALSE(yes(1));
    ASSERT_TRUE(yes(rig->review()));
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
  }
}

/// No time has passed: whoever is asked sees the new question, or none.
TEST_F(Lapse, AnEditIsAskedAboutAtOnceAtTheReloadAndAtTheStart) {
  for (const bool by_restart : {false, true}) {
    make(proposing());
    Config edited = proposing();
    edited.workflows[0].steps[1] = own("/q", "other");
    change_to(edited, by_restart);
    ASSERT_EQ(reviews().size(), 1U);
    EXPECT_EQ(rig->review(), 2U);
    EXPECT_EQ(only_run().version, edited.workflows[0].version());
    ASSERT_TRUE(yes(2));
    EXPECT_EQ(rig->driver.state("/q"), file("other"));
  }
}

TEST_F(Lapse, AnEditedControlToo) {
  make(proposing());
  Config edited = proposing();
  edited.controls[0].desired.fields["content"] = "better";
  change_to(edited);
  ASSERT_EQ(reviews().size(), 1U);
  EXPECT_EQ(rig->review(), 2U);
  EXPECT_EQ(only_run().control_hash, edited.controls[0].hash());
}

/// As often as it is edited: it was never a try, for which anything would have to be waited.
TEST_F(Lapse, AsOftenAsItIsEdited) {
  make(proposing());
  Config edited = proposing();
  for (int i = 0; i < 5; ++i) {
    edited.workflows[0].steps[1] = own("/q", "other " + std::to_string(i));
    change_to(edited, i % 2 == 1);
    ASSERT_EQ(reviews().size(), 1U) << i;
    EXPECT_EQ(only_run().version, edited.workflows[0].version());
  }
}

TEST_F(Lapse, AReloadWithoutAChangeLeavesTheQuestion) {
  Config config = proposing();
  config.teams = {ops_of({"alice", "bob"})};
  make(config);
  change_to(config);
  change_to(config, true);
  EXPECT_EQ(rig->review(), 1U);
  config.teams[0].notifiers = {"pager"};  // who is told is no matter of who decides
  change_to(config);
  EXPECT_EQ(rig->review(), 1U);
  EXPECT_TRUE(yes(1));
}

TEST_F(Lapse, AModeThatDoesNotAskAnyMoreAnswersByItself) {
  make(proposing());
  Config edited = proposing();
  edited.workflows[0].mode = Mode::auto_;
  edited.workflows[0].steps[1] = own("/q", "other");
  change_to(edited);
  EXPECT_THAT(reviews(), IsEmpty());
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
  EXPECT_EQ(rig->driver.state("/q"), file("other"));
}

TEST_F(Lapse, AnEditWhileItIsPlannedLeavesNoQuestionAboutTheOldOne) {
  in_force = proposing();
  rig = std::make_unique<Rig>(in_force);
  rig->start();
  rig->settle();
  rig->changes("/a", "bad");
  rig->one();  // it is read; the run is being planned
  ASSERT_EQ(only_run().state, RunState::planning);
  Config edited = proposing();
  edited.workflows[0].steps[1] = own("/q", "other");
  change_to(edited);
  ASSERT_EQ(reviews().size(), 1U);
  EXPECT_EQ(only_run().version, edited.workflows[0].version());
}

TEST_F(Lapse, WithoutItsTeamNobodyElseDecides) {
  for (const bool by_restart : {false, true}) {
    Config config = proposing();
    config.teams = {ops_of({"alice"})};
    make(config);
    ASSERT_FALSE(yes(1, "mallory"));
    Config other = config;
    other.teams[0].users = {"carol"};
    change_to(other, by_restart);
    ASSERT_EQ(reviews().size(), 1U);
    ASSERT_EQ(rig->review(), 2U);
    EXPECT_FALSE(yes(1, "alice"));
    EXPECT_FALSE(yes(2, "alice"));
    Config none = config;
    none.teams.clear();
    change_to(none, by_restart);
    ASSERT_EQ(rig->review(), 3U);
    EXPECT_FALSE(yes(2, "mallory"));
    EXPECT_EQ(rig->driver.state("/a"), file("bad"));
    EXPECT_TRUE(reviews().at(3).team.empty());
    EXPECT_TRUE(yes(3, "mallory"))
        << "there are no teams: whoever may use the socket decides, as the new question says";
  }
}

TEST_F(Lapse, ATeamThatComesAlongDecidesWhatWasAnybodys) {
  make(proposing());
  Config config = proposing();
  config.teams = {ops_of({"carol"})};
  change_to(config);
  ASSERT_EQ(rig->review(), 2U);
  EXPECT_EQ(reviews().at(2).team, "ops");
  EXPECT_FALSE(yes(2, "mallory"));
  EXPECT_TRUE(yes(2, "carol"));
}

TEST_F(Lapse, HalfOfTheYesesDoNotOutliveTheTeam) {
  Config config = proposing();
  config.teams = {ops_of({"alice", "bob", "carol"})};
  config.teams[0].quorum = 2;
  make(config);
  ASSERT_TRUE(yes(1, "alice"));
  config.teams[0].users.push_back("erin");
  change_to(config);
  ASSERT_EQ(rig->review(), 2U);
  ASSERT_TRUE(yes(2, "bob"));
  EXPECT_EQ(rig->count("run.succeeded"), 0U);
  ASSERT_TRUE(yes(2, "alice"));
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Lapse, TheLadderOfWhatLapsesIsNotClimbed) {
  Config config = proposing();
  config.teams = {ops_of({"alice"})};
  config.teams[0].ladder = {{10min, {"pager"}, ""}};
  make(config);
  Config without = config;
  without.workflows.clear();
  change_to(without);
  rig->pass(30min);
  EXPECT_EQ(rig->count("review.escalated"), 0U);
}

/// What is half done a person decides: but not by a question that no longer says what a yes does.
TEST_F(Lapse, WhatIsHalfDoneIsAskedAgainAndSaysWhatAYesGoesOnWith) {
  for (const bool by_restart : {false, true}) {
    make(asking_between());
    ASSERT_EQ(rig->driver.state("/a"), file("good"));
    const std::string seen = reviews().at(1).plan_hash;
    Config edited = asking_between();
    edited.workflows[0].steps[2] = own("/q", "other");
    change_to(edited, by_restart);
    ASSERT_EQ(reviews().size(), 1U);
    ASSERT_EQ(rig->review(), 2U);
    const Review& now = reviews().at(2);
    EXPECT_EQ(now.run, 1U);
    EXPECT_EQ(now.text, "go on?");
    EXPECT_THAT(now.reason, HasSubstr("asked again: workflow fix has changed since"));
    EXPECT_THAT(now.reason, HasSubstr("a yes goes on with what is left of its old definition"));
    EXPECT_NE(now.plan_hash, seen);
    EXPECT_EQ(rig->last("review.decided").at("decision"), "lapsed");
    EXPECT_FALSE(yes(1));
    EXPECT_FALSE(yes(2, "alice", seen)) << "the hash of the old question";
    EXPECT_EQ(rig->driver.state("/q"), file("old"));
    ASSERT_TRUE(yes(2, "alice", reviews().at(2).plan_hash));
    EXPECT_EQ(rig->count("run.succeeded"), 1U) << "one yes is enough for it";
    EXPECT_EQ(rig->driver.state("/q"), file("new"));
  }
}

TEST_F(Lapse, WhatIsHalfDoneIsAskedAgainAlsoWithoutItsWorkflowAndWithEachChange) {
  make(asking_between());
  std::set<std::string> hashes{reviews().at(1).plan_hash};
  Config without = asking_between();
  without.workflows.clear();
  change_to(without);
  ASSERT_EQ(rig->review(), 2U);
  EXPECT_THAT(reviews().at(2).reason, HasSubstr("workflow fix has been removed since"));
  hashes.insert(reviews().at(2).plan_hash);
  change_to(asking_between());
  ASSERT_EQ(rig->review(), 3U) << "it was asked about a workflow that is gone";
  EXPECT_THAT(reviews().at(3).reason, Not(HasSubstr("old definition")));
  hashes.insert(reviews().at(3).plan_hash);
  EXPECT_EQ(hashes.size(), 3U);
  rig->pass(1h);
  ASSERT_TRUE(yes(3));
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

TEST_F(Lapse, WhatIsHalfDoneIsTheNewTeamsQuestion) {
  Config config = asking_between();
  config.teams = {ops_of({"alice"})};
  make(config);
  config.teams[0].users = {"carol"};
  change_to(config);
  ASSERT_EQ(rig->review(), 2U);
  EXPECT_THAT(reviews().at(2).reason, HasSubstr("team ops has changed since"));
  EXPECT_FALSE(yes(2, "alice"));
  ASSERT_TRUE(yes(2, "carol"));
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

/// Nothing of the old review counts, nor does its time.
TEST_F(Lapse, WhatIsAskedAgainHasItsOwnTime) {
  make(asking_between());
  rig->pass(3h);
  Config edited = asking_between();
  edited.workflows[0].steps[2] = own("/q", "other");
  change_to(edited);
  rig->pass(2h);
  EXPECT_EQ(rig->review(), 2U);
  rig->pass(2h + 1min);
  EXPECT_THAT(reviews(), IsEmpty());
  EXPECT_EQ(rig->last("review.decided").at("decision"), "expired");
}

/// The finding is over before the yes: what the program is told of it is as it was.
TEST_F(Lapse, OneYesIsEnoughForAProgramBehindTheQuestion) {
  class Runner final : public ProgramRunner {
   public:
    Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override {
      return FormerProgram{};
    }
    Result<ProgramOutcome> run(const ProgramRequest& request) override {
      told.push_back(request.input);
      return ProgramOutcome{};
    }
    std::vector<std::string> told;
  };
  for (const bool by_restart : {false, true}) {
    Runner runner;
    Config config = asking_between();
    Step::Exec exec;
    exec.program.arguments = {"/bin/p", "${ finding.subject.id }"};
    config.workflows[0].steps[2] = Step{exec};
    in_force = config;
    rig = std::make_unique<Rig>(config);
    rig->programs = &runner;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
    ASSERT_EQ(reviews().size(), 1U);
    rig->hint("/a");
    rig->settle();
    ASSERT_EQ(rig->count("finding.resolved"), 1U);
    if (by_restart) change_to(config, true);
    ASSERT_TRUE(yes(1));
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
    EXPECT_EQ(rig->count("run.held"), 1U);
    ASSERT_EQ(runner.told.size(), 1U);
    EXPECT_THAT(runner.told.at(0), HasSubstr(R"("differs":["content"])"));
  }
}

/// All in which `web` is as given, and only its size keeps the run back.
Config under_a_budget(std::uint64_t subjects) {
  Config config = two_steps();
  config.workflows[0].guards.budget = std::string("web");
  config.budgets = {{"web", {.subjects = subjects, .population = std::uint64_t{subjects / 10}, .within = 10min}}};
  return config;
}

TEST_F(Lapse, ASharedBudgetThatChangesAnswersAnew) {
  for (const bool by_restart : {false, true}) {
    make(under_a_budget(5));
    ASSERT_EQ(rig->last("run.held").at("reason"), "budget: web: 0 subjects within 10m, 0 allowed (of 0)");
    change_to(under_a_budget(8), by_restart);
    EXPECT_EQ(rig->last("run.cancelled").at("reason"), "budget web has changed since; its finding is answered anew");
    ASSERT_EQ(reviews().size(), 1U);
    EXPECT_EQ(rig->review(), 2U) << "still none is allowed";
    change_to(under_a_budget(10), by_restart);
    EXPECT_THAT(reviews(), IsEmpty());
    EXPECT_EQ(rig->driver.state("/q"), file("new")) << by_restart;
    EXPECT_EQ(rig->count("run.succeeded"), 1U);
  }
}

TEST_F(Lapse, ABudgetThatItsWorkflowDoesNotUseIsNoMatterOfIt) {
  make(proposing());
  Config other = proposing();
  other.budgets = {{"web", {.subjects = 3, .within = 10min}}};
  change_to(other);
  other.budgets[0].budget.subjects = 4;
  change_to(other);
  EXPECT_EQ(rig->review(), 1U);
  EXPECT_EQ(rig->count("run.cancelled"), 0U);
}

/// Before budgets were part of what is asked under, nothing of them was remembered.
TEST_F(Lapse, AnOlderReviewHasNoBudgetToCompare) {
  make(under_a_budget(5));
  Projection older;
  for (Json entry : rig->entries) {
    if (entry.contains("under")) entry["under"] = text_in(entry, "under").substr(0, 64);
    ASSERT_TRUE(older.apply(entry));
  }
  rig->work.clear();
  rig->configure(under_a_budget(8));
  rig->start(std::move(older));
  rig->settle();
  EXPECT_EQ(rig->review(), 1U);
  EXPECT_EQ(rig->count("run.cancelled"), 0U);
  Config edited = under_a_budget(8);
  edited.workflows[0].steps[1] = own("/q", "other");
  change_to(edited);
  EXPECT_EQ(rig->review(), 2U) << "what it remembers is compared";
}

TEST_F(Lapse, WhatIsHalfDoneWasCountedAlreadyAndIsNotAskedAgainForABudget) {
  Config config = asking_between();
  config.workflows[0].guards.budget = std::string("web");
  config.budgets = {{"web", {.subjects = 5, .within = 10min}}};
  make(config);
  config.budgets[0].budget.subjects = 6;
  change_to(config);
  EXPECT_EQ(rig->review(), 1U);
  ASSERT_TRUE(yes(1));
  EXPECT_EQ(rig->driver.state("/q"), file("new"));
}

}  // namespace
}  // namespace aright::engine::test
