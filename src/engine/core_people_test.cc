// What people ask of one run: cancel, retry, resolve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core_rig_test.h"
#include "engine/open_run_text.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

/// A run that has read, planned and announced its first effect, which has not begun.
void announced(Rig& rig) {
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle(false);
}

RetryRun again(const Rig& rig, std::uint64_t run) {
  return {run, rig.core->projection().findings().begin()->first, "fix", "mended"};
}

void does_not_allow(Rig& rig, const std::string& path) {
  rig.driver.on_apply = [path](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (request.resource.id == path) return fail(Errc::denied, "not allowed");
    return std::nullopt;
  };
}

void lose(Rig& rig) {
  rig.driver.on_apply = [](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    return fail(Errc::timeout, "no answer");
  };
}

/// A run of whose first effect nobody knows whether it happened: a person is asked.
void doubts(Rig& rig) {
  lose(rig);
  announced(rig);
  rig.settle();
  rig.pass(6s);
}

TEST(CancelRun, WhatIsHeldIsNotAskedAboutAgainWhileItReadsSo) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  const auto answer = rig.ask(CancelRun{1, "not today"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("state"), "cancelled");
  EXPECT_EQ(rig.last("run.cancelled").at("reason"), "cancelled by alice: not today");
  EXPECT_EQ(rig.last("cancel.asked").at("by"), "alice");
  EXPECT_TRUE(rig.core->projection().reviews().empty());
  rig.pass(1h);
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 1U) << "a person's word holds for the state it was about";
  rig.changes("/a", "worse");
  rig.settle();
  rig.pass(2s);
  EXPECT_EQ(rig.count("run.created"), 2U) << "another state is answered anew";
}

TEST(CancelRun, HoldsOverARestart) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(CancelRun{1, "not today"}));
  rig.restart();
  rig.settle();
  rig.pass(1h);
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(CancelRun, WhatWaitsEndsWhileEverythingIsPaused) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  ASSERT_TRUE(rig.ask(Pause{"wait"}));
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(CancelRun{1, "no"}));
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  ASSERT_TRUE(rig.ask(Resume{"go"}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
}

TEST(CancelRun, AnEffectUnderWayIsReadBackFirstAndNoOtherBegins) {
  Rig rig(two_steps());
  announced(rig);
  const auto answer = rig.ask(CancelRun{1, "stop"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("state"), "running");
  EXPECT_THAT(answer->at("note").get<std::string>(), HasSubstr("under way"));
  EXPECT_EQ(rig.count("run.cancelled"), 0U);
  rig.settle();
  ASSERT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_THAT(rig.last("run.cancelled").at("reason").get<std::string>(), HasSubstr("what was done stays: file:/a"));
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
}

TEST(CancelRun, TheLastEffectHasHappenedBeforeItCounts) {
  Rig rig(one_file());
  announced(rig);
  ASSERT_TRUE(rig.ask(CancelRun{1, "stop"}));
  const auto& run = rig.core->projection().runs().at(1);
  const std::string ends = open_run_text(run, "");
  EXPECT_THAT(ends, StartsWith("is at work: cancelled by "));
  EXPECT_THAT(ends, HasSubstr(": stop; it ends as soon as what is under way is known"));
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_THAT(rig.stored("run", "000000000001").at("cancel_asked").get<std::string>(), HasSubstr("stop"));
}

TEST(CancelRun, IsNotForgottenInADeathAndBeginsNothing) {
  Rig rig(two_steps());
  announced(rig);
  ASSERT_TRUE(rig.ask(CancelRun{1, "stop"}));
  rig.remembered.workflows = {two_steps().workflows.at(0)};
  const Desired good{{{"exists", true}, {"content", "good"}}, false};
  const Desired changed{{{"exists", true}, {"content", "new"}}, false};
  rig.remembered.plans[1] = {*rig.driver.plan({"file", "/a"}, good), *rig.driver.plan({"file", "/q"}, changed)};
  rig.restart();
  rig.settle();
  rig.pass(1s);
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_EQ(rig.driver.state("/a"), file("bad")) << "only looked at: it had not happened";
  EXPECT_TRUE(rig.driver.applied.empty());
}

TEST(CancelRun, AFailedTryIsNotTriedAgain) {
  Config config = one_file();
  config.workflows[0].steps[0].retry = {3, 1s};
  Rig rig(config);
  does_not_allow(rig, "/a");
  announced(rig);
  ASSERT_TRUE(rig.ask(CancelRun{1, "stop"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.failed"), 1U);
  rig.pass(2min);
  EXPECT_EQ(rig.count("run.created"), 1U) << "nor in a run of its own";
}

TEST(RetryRun, ANoIsAskedAboutAgain) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  ASSERT_EQ(rig.count("run.denied"), 1U);
  rig.feed(Asked{1, again(rig, 1), {1000, "bob", {}}});
  rig.settle();
  const auto& answer = rig.answers.back();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("run"), 2);
  EXPECT_EQ(answer->at("retries"), 1);
  EXPECT_EQ(rig.last("retry.asked").at("by"), "bob");
  EXPECT_EQ(rig.core->projection().runs().at(2).state, RunState::held) << "through the guards and the mode";
  EXPECT_EQ(rig.core->projection().runs().at(2).retries, 1U);
}

TEST(RetryRun, CountsAndWaitsForNothing) {
  Rig rig(one_file());
  does_not_allow(rig, "/a");
  announced(rig);
  rig.settle();
  ASSERT_EQ(rig.count("run.failed"), 1U);
  for (std::uint64_t run = 1; run <= 3; ++run) {
    rig.feed(Asked{1, again(rig, run), {1000, "alice", {}}});
    rig.settle();
    ASSERT_TRUE(rig.answers.back()) << rig.answers.back().error().message;
  }
  EXPECT_EQ(rig.count("run.failed"), 3U);
  EXPECT_EQ(rig.count("run.held"), 1U) << "the fourth within ten minutes";
}

TEST(RetryRun, RefusesWhatIsOpenClosedOrRightAlready) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  RetryRun wish = again(rig, 1);
  const auto refused = [&](const std::string& why) {
    rig.feed(Asked{1, wish, {1000, "alice", {}}});
    rig.settle();
    const auto& answer = rig.answers.back();
    ASSERT_FALSE(answer) << why;
    EXPECT_EQ(answer.error().code, Errc::conflict);
    EXPECT_THAT(answer.error().message, HasSubstr(why));
  };
  refused("run 1 is held: it has not ended; `reviews approve 1` or `reviews deny 1` decides it");
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  wish.workflow = "other";
  refused("workflow other does not answer control a any more");
  wish.workflow = "fix";
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::off, "off"}));
  refused("fix: its mode is off");
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::propose, "on"}));
  rig.settle();
  rig.driver.states["/a"] = file("good");
  refused("file:/a reads as desired now");
  refused("the finding of run 1 is closed");
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(RetryRun, WhatCannotBeReadIsNoAnswer) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "no"}));
  rig.driver.unreadable["/a"] = {Errc::denied, Retry::no, "not allowed"};
  rig.feed(Asked{1, again(rig, 1), {1000, "alice", {}}});
  rig.settle();
  ASSERT_FALSE(rig.answers.back());
  EXPECT_EQ(rig.answers.back().error().code, Errc::unavailable);
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(ResolveRun, ByAPersonWhoHasLooked) {
  for (const bool done : {true, false}) {
    Rig rig(two_steps());
    lose(rig);
    announced(rig);
    const auto early = rig.ask(ResolveRun{1, done, "saw it"});
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, Errc::conflict);
    EXPECT_EQ(early.error().message,
              "run 1 is running: only a run that is unknown is resolved; `runs cancel 1` ends it");
    rig.settle();
    rig.pass(6s);
    ASSERT_EQ(rig.count("run.unknown"), 1U);
    const auto cancel = rig.ask(CancelRun{1, "away"});
    ASSERT_FALSE(cancel);
    EXPECT_THAT(cancel.error().message, HasSubstr("`runs resolve 1 --as done|not-done` says what you have found"));
    const auto answer = rig.ask(ResolveRun{1, done, "saw it"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->at("state"), done ? "succeeded" : "failed");
    EXPECT_EQ(answer->at("note").get<std::string>().contains("not begun, and not done now: file:/q"), done);
    const Json end = rig.last(done ? "run.succeeded" : "run.failed");
    EXPECT_THAT(end.at("reason").get<std::string>(), HasSubstr("by alice: saw it"));
    EXPECT_EQ(rig.last("review.decided").at("reason"), "saw it");
    EXPECT_TRUE(rig.core->projection().reviews().empty());
    EXPECT_EQ(rig.driver.state("/q"), file("old"));
    const auto gone = rig.ask(ResolveRun{1, done, "again"});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::not_found);
  }
}

/// What follows is said as it is.
TEST(ResolveRun, SaysWhatComesOfWhatIsNotDone) {
  const auto note = [](Rig& rig, const std::function<void()>& meanwhile) {
    lose(rig);
    announced(rig);
    meanwhile();
    rig.settle();
    rig.pass(6s);
    const auto answer = rig.ask(ResolveRun{1, false, "looked"});
    EXPECT_TRUE(answer) << answer.error().message;
    rig.driver.on_apply = nullptr;
    rig.settle();
    rig.pass(30s);
    const bool again = rig.count("run.created") > 1;
    const std::string text = answer ? answer->at("note").get<std::string>() : std::string();
    EXPECT_EQ(text.contains("the finding is answered again, through the guards"), again) << text;
    return text;
  };
  Rig plain(one_file());
  EXPECT_THAT(note(plain, [] {}), HasSubstr("it did not happen; the finding is answered again"));
  Rig cancelled(one_file());
  EXPECT_EQ(note(cancelled, [&] { ASSERT_TRUE(cancelled.ask(CancelRun{1, "stop"})); }),
            "it did not happen; cancelled by alice: stop: nothing more is done by itself; `aright runs retry 1` tries "
            "it again");
  Rig waived(one_file());
  EXPECT_EQ(note(waived, [&] { ASSERT_TRUE(waived.ask(Waive{"a", "file:/a", "as it should be", "alice", 24h})); }),
            "it did not happen; waiver 1 is in force, so nothing more is done");
  Rig off(one_file());
  EXPECT_EQ(note(off, [&] { ASSERT_TRUE(off.ask(SetMode{"fix", Mode::observe, "stop"})); }),
            "it did not happen; workflow fix is in mode observe, so nothing more is done");
}

TEST(ResolveRun, OfAFindingThatIsOverSaysThat) {
  Rig rig(one_file());
  doubts(rig);
  rig.changes("/a", "good");
  rig.settle();
  ASSERT_EQ(rig.count("finding.resolved"), 1U);
  const auto answer = rig.ask(ResolveRun{1, false, "looked"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("note"), "it did not happen; its finding is over, so nothing more is done");
}

TEST(ResolveRun, ADenialWithAWaiverSaysThatNothingFollows) {
  Rig rig(one_file());
  doubts(rig);
  Deny no{rig.review(), "as it should be"};
  no.waive = 1h;
  const auto answer = rig.ask(no);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("note"), "it did not happen; its control leaves the subject alone now, so nothing more is done");
  EXPECT_EQ(answer->at("waiver"), 1);
}

}  // namespace
}  // namespace aright::engine::test
