// What cannot be read is told and read again; what happens to a resource ends the wait of a run that failed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

const Error hard_link{Errc::invalid, Retry::no, "/a: has 2 hard links"};

TEST(Unreadable, IsToldUntilItCanBeReadAndThenPutRight) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  rig.driver.unreadable = {{"/a", hard_link}};
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->troubles().size(), 1U);
  EXPECT_EQ(rig.core->troubles().at("file:/a").error, hard_link.message);
  EXPECT_THAT(rig.told, Contains(HasSubstr("/a: has 2 hard links")));
  rig.driver.unreadable.clear();
  rig.pass(2s);  // nobody hints: it is read by itself, though the error says that this is no use
  EXPECT_TRUE(rig.core->troubles().empty());
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_THAT(rig.told, Contains("file:/a can be read again"));
}

TEST(Unreadable, IsReadAgainAfterAGrowingWait) {
  Rig rig(one_file());
  rig.driver.unreadable = {{"/a", hard_link}};
  rig.start();
  rig.pass(10s);
  const auto early = rig.core->figures().reads;
  EXPECT_GE(early, 4U);  // at 0, 1, 3 and 7 s
  EXPECT_LE(early, 5U);
  rig.pass(1h);
  EXPECT_GE(rig.core->figures().reads, early + 12);
  EXPECT_LE(rig.core->figures().reads, early + 20);
  EXPECT_EQ(rig.count("control.inconclusive"), 1U);
}

TEST(Unreadable, AListIsTold) {
  Config config = one_file();
  config.controls[0].select = {{}, {"/d"}};
  Rig rig(config);
  rig.start();
  rig.settle();  // the world's driver lists nothing
  EXPECT_TRUE(rig.core->troubles().contains("list of control a"));
  EXPECT_EQ(rig.core->troubles().begin()->second.wait, 1s);
  rig.pass(4s);
  EXPECT_EQ(rig.core->troubles().begin()->second.wait, 4s);
  EXPECT_EQ(rig.count("control.inconclusive"), 1U);
}

TEST(Told, IsEveryFindingEndAndQuestion) {
  Rig rig(one_file());
  rig.start();
  for (int i = 1; i <= 4; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
  }
  EXPECT_THAT(rig.told, Contains(HasSubstr("opened: a on file:/a (content)")));
  EXPECT_THAT(rig.told, Contains(HasSubstr("run 1 succeeded: ")));
  EXPECT_THAT(rig.told, Contains(HasSubstr("run 4 held: threshold: admitted 3 times")));
}

std::optional<Result<ApplyOutcome>> refusal() { return Result<ApplyOutcome>(fail(Errc::denied, "refused")); }

TEST(News, EndsTheWaitOfARunThatFailedToApply) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return refusal(); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.failed"), 1U);
  rig.hint("/a");  // as that run left it
  rig.settle();
  rig.pass(5s);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.driver.on_apply = nullptr;
  rig.changes("/a", "bad otherwise");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(News, IsNotOurOwnUndo) {
  Rig rig(two_steps());
  rig.driver.on_apply = [](const ApplyRequest& r) {
    return r.resource.id == "/q" ? refusal() : std::optional<Result<ApplyOutcome>>();
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.rolled_back"), 1U);
  rig.hint("/a");  // of the undo
  rig.settle();
  rig.pass(9s);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.pass(2s);
  EXPECT_EQ(rig.count("run.created"), 2U);
}

TEST(News, IsAnyChangeSeenWhenThereWasNoPlanAndStillOneRunASecond) {
  Rig rig({{control("a", "/a", {{"exists", true}, {"content", "good"}})},
           {workflow("fix", {"a"}, {Step{}, own("/q", "new")})},
           {}});
  rig.start();
  rig.settle();
  rig.driver.unreadable = {{"/q", {Errc::not_found, Retry::no, "no folder"}}};
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.failed"), 1U);
  for (int i = 0; i < 10; ++i) {
    rig.hint("/a");
    rig.settle();
  }
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.driver.unreadable.clear();
  rig.pass(1s);
  EXPECT_EQ(rig.count("run.created"), 2U);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(News, IsAGapWheneverItComes) {
  for (const bool during_the_run : {false, true}) {
    Rig rig(one_file());
    Hint gap;
    gap.source = "watch";
    gap.what = Hint::What::read_all;
    rig.driver.on_apply = [](const ApplyRequest&) { return refusal(); };
    rig.start();
    rig.changes("/a", "bad");
    rig.settle(false);
    if (during_the_run) rig.feed(gap);
    rig.settle();
    ASSERT_EQ(rig.count("run.failed"), 1U);
    rig.driver.on_apply = nullptr;
    if (!during_the_run) rig.feed(gap);
    rig.settle();
    EXPECT_EQ(rig.count("run.created"), 1U) << "one a second";
    rig.pass(1s);
    EXPECT_EQ(rig.count("run.succeeded"), 1U) << during_the_run;
  }
}

TEST(News, IsNotATimeThatIsDue) {
  Rig rig(two_steps());
  rig.start();
  rig.settle();
  rig.driver.unreadable = {{"/q", {Errc::not_found, Retry::no, "no folder"}}};
  rig.changes("/a", "bad");
  rig.settle();
  Hint due;
  due.source = "schedule";
  due.path = "/a";
  rig.feed(due);
  rig.settle();
  rig.pass(9s);
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(Protected, IsHeldAndNoApprovalLetsItGo) {
  Config config = one_file();
  config.protected_paths = {"/a"};
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.held"), 1U);
  EXPECT_EQ(rig.last("run.held").at("guard"), "protected");
  const auto answer = rig.ask(Approve{rig.review(), "do it"});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no approval lets it go"));
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
  rig.pass(1h);
  EXPECT_EQ(rig.count("run.created"), 1U);
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "mended"}));
}

/// What stands behind a wait could not be done by another run: its finding is over by then.
TEST(Protected, TheRestOfWhatHasBegunGoesOnByAYesOnceTheCauseHasGone) {
  Config config = one_file();
  config.workflows[0].steps = {Step{}, {.act = Step::Wait{10min}}, own("/q", "new")};
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("run.waiting"), 1U);
  config.protected_paths = {"/q"};
  ASSERT_TRUE(rig.ask(Reload{config, nullptr, {}, rig.remembered.teams}, "dave"));
  rig.pass(11min);
  ASSERT_EQ(rig.last("run.held").at("guard"), "protected");
  const auto early = rig.ask(Approve{rig.review(), "is it still"});
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().message, HasSubstr("/q touches the protected path /q: no approval lets it go"));
  config.protected_paths.clear();
  ASSERT_TRUE(rig.ask(Reload{config, nullptr, {}, rig.remembered.teams}, "dave"));
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "no more"}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/q"), file("new"));
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(Asked, ARescanIsOnRecord) {
  Rig rig(one_file());
  rig.start();
  ASSERT_TRUE(rig.ask(Rescan{}, "carol"));
  EXPECT_EQ(rig.last("rescan.asked").at("by"), "carol");
  rig.restart();
}

TEST(Asked, ResumeEndsOnesOwnPauseAndTheFileStill) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  ASSERT_TRUE(rig.ask(Pause{"work"}));
  rig.feed(PauseSeen{"file", true});
  ASSERT_TRUE(rig.ask(Resume{"done"}));
  EXPECT_EQ(rig.count("pause.cleared"), 1U);
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_TRUE(rig.core->paused());
  EXPECT_EQ(rig.count("step.intended"), 0U);
  ASSERT_FALSE(rig.ask(Resume{"done"}));
  rig.feed(PauseSeen{"file", false});
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

}  // namespace
}  // namespace aright::engine::test
