// A no to a step `approve`, or none's yes: what its run has changed is taken back, and is not done again by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// The finding's file, a question, then /q.
Config asks_after_its_file() {
  Config config = two_steps();
  config.workflows[0].steps = {Step{}, Step{Step::Approve{"", "go on?", 4h, std::nullopt}}, own("/q", "new")};
  return config;
}

class Refusal : public testing::Test {
 protected:
  void SetUp() override {
    rig->start();
    rig->settle();
    asked();
  }
  void asked() {
    rig->changes("/a", "bad");
    rig->settle();
    look();
    ASSERT_EQ(rig->core->projection().reviews().size(), 1U);
    ASSERT_EQ(rig->driver.state("/a"), file("good"));
    ASSERT_THAT(rig->core->projection().findings(), IsEmpty()) << "its own change has ended the finding";
  }
  void deny() {
    ASSERT_TRUE(rig->ask(Deny{rig->review(), "leave it"}));
    rig->settle();
    ASSERT_EQ(rig->count("run.rolled_back"), 1U);
    ASSERT_EQ(rig->driver.state("/a"), file("bad"));
    look();
  }
  /// As the source does whose event our own change raised.
  void look() {
    rig->hint("/a");
    rig->settle();
  }
  void restart() {
    rig->remembered.controls = asks_after_its_file().controls;
    rig->remembered.workflows = asks_after_its_file().workflows;
    rig->restart();
    rig->settle();
  }
  [[nodiscard]] std::size_t runs() const { return rig->count("run.created"); }
  [[nodiscard]] std::string explained() {
    rig->feed(Asked{7, Explain{"/a"}, {1000, "alice", {}}});
    rig->settle();
    return rig->answers.back()->at("sentences").dump();
  }
  std::unique_ptr<Rig> rig = std::make_unique<Rig>(asks_after_its_file());
};

TEST_F(Refusal, IsAnAnswerForTheStateThatIsBack) {
  deny();
  ASSERT_EQ(rig->core->projection().findings().size(), 1U) << "it is wrong, and that is on record";
  rig->pass(1h);
  look();
  ASSERT_TRUE(rig->ask(Rescan{}));
  rig->settle();
  EXPECT_EQ(runs(), 1U);
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_EQ(rig->driver.applied.size(), 2U) << "done, and taken back";
}

TEST_F(Refusal, OutlivesARestart) {
  deny();
  restart();
  rig->pass(1h);
  EXPECT_EQ(runs(), 1U);
}

/// The restart comes before anybody has read it again.
TEST_F(Refusal, OutlivesARestartBeforeItsFinding) {
  ASSERT_TRUE(rig->ask(Deny{rig->review(), "leave it"}));
  while (rig->count("run.rolled_back") == 0) rig->one();
  ASSERT_THAT(rig->core->projection().findings(), IsEmpty());
  restart();
  rig->pass(1h);
  EXPECT_EQ(rig->core->projection().findings().size(), 1U);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(Refusal, IsNoneForAnotherState) {
  deny();
  rig->pass(1min);
  rig->changes("/a", "worse");
  rig->pass(1min);
  EXPECT_EQ(runs(), 2U);
}

TEST_F(Refusal, IsOverOnceItReadsAsDesired) {
  deny();
  rig->pass(1min);
  rig->changes("/a", "good");
  rig->settle();
  ASSERT_THAT(rig->core->projection().findings(), IsEmpty());
  rig->changes("/a", "bad");
  rig->pass(1min);
  EXPECT_EQ(runs(), 2U);
}

TEST_F(Refusal, IsOverWithItsDefinitions) {
  for (const bool of_control : {false, true}) {
    rig = std::make_unique<Rig>(asks_after_its_file());
    SetUp();
    deny();
    Config edited = asks_after_its_file();
    if (of_control) {
      edited.controls[0].desired.fields["content"] = "better";
    } else {
      edited.workflows[0].steps[2] = own("/q", "other");
    }
    ASSERT_TRUE(rig->ask(Reload{edited, nullptr}, "dave"));
    rig->pass(1min);
    EXPECT_EQ(runs(), 2U) << of_control;
  }
}

TEST_F(Refusal, IsOverWithAWaiver) {
  Deny no{rig->review(), "not today"};
  no.waive = 24h;
  ASSERT_TRUE(rig->ask(no));
  rig->settle();
  look();
  rig->pass(23h);
  EXPECT_EQ(runs(), 1U);
  rig->pass(2h);
  EXPECT_EQ(runs(), 2U) << "the exception was for a day";
}

TEST_F(Refusal, NobodysAnswerIsOneUntilAPersonWantsItTriedAgain) {
  rig->pass(4h + 1min);
  ASSERT_EQ(rig->count("run.rolled_back"), 1U);
  look();
  rig->pass(1h);
  EXPECT_EQ(runs(), 1U);
  EXPECT_THAT(explained(), HasSubstr("nobody answered the question of its step in time"));
  ASSERT_TRUE(rig->ask(Rescan{}));
  rig->settle();
  EXPECT_EQ(runs(), 2U);
}

TEST_F(Refusal, IsToldByExplainAndUndoneByRetry) {
  const std::string finding = rig->last("finding.opened").at("finding").get<std::string>();
  deny();
  EXPECT_THAT(explained(), HasSubstr("what run 1 had changed was taken back, since a person said no to its step"));
  RetryRun again;
  again.run = 1;
  again.finding = finding;
  again.workflow = "fix";
  again.reason = "now";
  rig->feed(Asked{8, again, {1000, "alice", {}}});
  rig->settle();
  EXPECT_EQ(runs(), 2U);
}

/// Somebody else has broken it anew, and in the same way, while people were asked: another finding, and the same state.
TEST_F(Refusal, AnswersAlsoWhatWasFoundMeanwhile) {
  rig->changes("/a", "bad");
  rig->settle();
  ASSERT_EQ(rig->core->projection().findings().size(), 1U);
  ASSERT_TRUE(rig->ask(Deny{rig->review(), "leave it"}));
  rig->pass(1h);
  EXPECT_EQ(rig->count("run.rolled_back"), 1U);
  EXPECT_EQ(runs(), 1U);
}

}  // namespace
}  // namespace aright::engine::test
