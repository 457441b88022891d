// What is read back decides, whatever a driver says.
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

std::optional<Result<ApplyOutcome>> refused(Errc code, Retry retry = Retry::no) {
  return Result<ApplyOutcome>(fail(code, "refused", retry));
}

TEST(Effect, IsRecordedBeforeAndReadBackAfter) {
  Rig rig(one_file());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  ASSERT_EQ(rig.count("step.intended"), 1U);
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
}

/// After a restart the resource is read first, which may take long.
TEST(Effect, DoesNotBeginThatWasPausedWhileItsResourceWasRead) {
  WorldDriver driver;
  driver.states["/a"] = file("bad");
  const Plan plan{.before = {file("bad"), false}, .after = {file("good"), false}, .names = {"content"}, .strength = {}};
  const auto request = std::make_shared<const ApplyRequest>(ApplyRequest{{"file", "/a"}, plan, "r1-0"});
  const DoApply work{.run = 1, .step = 0, .undo = false, .recovering = true, .workflow = "fix", .request = request};
  for (const bool paused : {true, false}) {
    Gate gate;
    driver.on_read = [&] {
      if (paused) gate.close(Gate::operator_);
    };
    const auto done = std::get<ApplyDone>(perform({{{"file", &driver}}, &gate, [] { return Digest{}; }, "key"}, work));
    EXPECT_EQ(done.outcome.has_value(), !paused);
    EXPECT_EQ(driver.state("/a"), file(paused ? "bad" : "good"));
    if (paused) {
      EXPECT_EQ(done.outcome.error().code, Errc::paused);
    }
  }
}

TEST(Effect, AnErrorThatHappenedAllTheSameIsVerified) {
  Rig rig(one_file());
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    (void)rig.driver.set(r);
    return refused(Errc::unavailable);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_NE(rig.last("step.done").at("outcome").get<std::string>().find("although: refused"), std::string::npos);
}

TEST(Effect, AnErrorReadAsBeforeFailsAndIsTriedAgainLater) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return refused(Errc::denied); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.failed"), 1U);
  EXPECT_EQ(rig.count("run.created"), 1U);
  rig.driver.on_apply = nullptr;
  rig.pass(11s);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(Effect, AnErrorAndAStateNobodyPlannedIsPlannedAgainThroughTheGuards) {
  Rig rig(one_file());
  rig.driver.on_apply = [&](const ApplyRequest&) {
    rig.driver.states["/a"] = file("somebody else's");
    rig.driver.on_apply = nullptr;
    return refused(Errc::unavailable);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.unknown"), 0U);
  EXPECT_EQ(rig.count("run.planning"), 2U);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Effect, AnErrorAndStatesThatNobodyPlannedAgainAndAgainEndWithAPerson) {
  Rig rig(one_file());
  int count = 0;
  rig.driver.on_apply = [&](const ApplyRequest&) {
    rig.driver.states["/a"] = file("other " + std::to_string(++count));
    return refused(Errc::unavailable);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 1U);
  EXPECT_EQ(rig.count("run.unknown"), 0U);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
  EXPECT_TRUE(rig.core->quiet());
}

TEST(Effect, WhatCannotBeReadBackIsUnknownOnlyWhenItsTimeIsOver) {
  Rig rig(one_file());
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    rig.driver.unreadable.emplace("/a", Error{Errc::unavailable, Retry::yes, "busy \xFF"});
    return std::optional(rig.driver.set(r));
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.unknown"), 0U);
  rig.pass(6s);
  EXPECT_EQ(rig.count("run.unknown"), 1U);
  rig.pass(48h, false);
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);  // a doubt does not expire
  const auto approved = rig.ask(Approve{rig.review(), "fine"});
  ASSERT_FALSE(approved) << "nobody has said that it happened";
  EXPECT_EQ(
      approved.error().message,
      "run 1 is unknown: whether its effect happened is for whoever has looked to say, not to approve; `aright runs "
      "resolve 1 --as done|not-done`");
  EXPECT_EQ(rig.core->projection().reviews().size(), 1U);
}

/// An error says that it did not happen; where nobody can see that, it is not believed.
TEST(Effect, AnErrorThatCannotBeReadBackIsUnknown) {
  Rig rig(one_file());
  rig.driver.on_apply = [&](const ApplyRequest&) {
    rig.driver.unreadable.emplace("/a", Error{Errc::unavailable, Retry::yes, "busy"});
    return refused(Errc::denied);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(6s);
  EXPECT_EQ(rig.count("run.unknown"), 1U);
  EXPECT_EQ(rig.count("run.failed"), 0U);
}

/// Announced, and then the process died: whether it may still be done is asked anew.
TEST(Effect, IsNotDoneAfterARestartWhereItMayNotBeAnyMore) {
  for (const bool waived : {false, true}) {
    Rig rig(one_file());
    rig.start();
    rig.settle();
    rig.changes("/a", "bad");
    rig.settle(false);
    ASSERT_EQ(rig.count("step.intended"), 1U);
    const auto asked =
        waived ? rig.ask(Waive{"a", "/a", "known", "", Nanos{1h}}) : rig.ask(SetMode{"fix", Mode::plan, "look first"});
    ASSERT_TRUE(asked);
    rig.remembered.workflows = {one_file().workflows.at(0)};
    rig.remembered.plans[1] = {*rig.driver.plan({"file", "/a"}, {{{"exists", true}, {"content", "good"}}, false})};
    rig.restart();
    rig.settle();
    rig.pass(6s);
    EXPECT_TRUE(rig.driver.applied.empty()) << waived;
    EXPECT_EQ(rig.driver.state("/a"), file("bad")) << waived;
    EXPECT_EQ(rig.count("run.cancelled"), 1U) << waived;
  }
}

TEST(Effect, ATimeoutMayStillComeTrue) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return refused(Errc::timeout); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.driver.states["/a"] = file("good");
  rig.pass(1s);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
}

TEST(Effect, ALieIsFoundOut) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return std::optional(Result<ApplyOutcome>(ApplyOutcome::applied)); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(6s);
  EXPECT_EQ(rig.count("run.failed"), 1U);
  EXPECT_EQ(rig.count("run.succeeded"), 0U);
}

TEST(Effect, AConflictPlansAgainThroughTheGuards) {
  Rig rig(one_file());
  int calls = 0;
  rig.driver.on_apply = [&](const ApplyRequest&) -> std::optional<Result<ApplyOutcome>> {
    if (++calls == 1) rig.driver.states["/a"] = file("other");
    return std::nullopt;
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  EXPECT_EQ(rig.count("run.running"), 2U);  // two admissions
}

TEST(Drain, BeginsNothingNewAndGoesOnAfterTheStart) {
  Rig rig(two_steps());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle(false);
  rig.gate.close(Gate::signal);
  rig.feed(Draining{});
  for (int round = 0; round < 5; ++round) rig.settle();
  rig.pass(2s);
  EXPECT_EQ(rig.count("step.intended"), 1U);
  EXPECT_TRUE(rig.core->quiet());
  EXPECT_EQ(rig.driver.applied.size(), 0U);
  rig.changes("/a", "worse");
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST(RollBack, UndoesWhatWasMadeInReverse) {
  Rig rig(two_steps());
  rig.driver.on_apply = [](const ApplyRequest& r) {
    return r.resource.id == "/q" ? refused(Errc::denied) : std::nullopt;
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_EQ(rig.count("run.rolled_back"), 1U);
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
}

TEST(RollBack, WaitsForTheEndOfAPause) {
  Rig rig(two_steps());
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    return r.resource.id == "/q" ? refused(Errc::denied) : std::nullopt;
  };
  rig.start();
  rig.changes("/a", "bad");
  while (rig.count("step.intended") < 2)
    rig.feed(perform({{{"file", &rig.driver}}, &rig.gate, [] { return Digest{}; }, "key"}, [&] {
      Work w = std::move(rig.work.front());
      rig.work.pop_front();
      return w;
    }()));
  (void)rig.ask(Pause{"stop"});
  rig.settle();
  EXPECT_EQ(rig.count("run.rolled_back") + rig.count("run.unknown"), 0U);
  EXPECT_NE(rig.last("run.rolling_back").at("reason").get<std::string>().find("the undo waits: paused"),
            std::string::npos);
  const std::size_t entries = rig.entries.size();
  rig.pass(5s);
  EXPECT_EQ(rig.entries.size(), entries);  // recorded once
  (void)rig.ask(Resume{"go"});
  rig.settle();
  EXPECT_EQ(rig.count("run.rolled_back"), 1U);
  EXPECT_EQ(rig.last("run.rolled_back").at("reason"), "refused");
}

TEST(RollBack, LeavesAStateThatIsNotOursAndAsks) {
  Rig rig(two_steps());
  rig.driver.on_apply = [&](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.resource.id != "/q") return std::nullopt;
    rig.driver.states["/a"] = file("theirs");
    return refused(Errc::denied);
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(6s);
  EXPECT_EQ(rig.driver.state("/a"), file("theirs"));
  ASSERT_EQ(rig.count("run.rollback_failed"), 1U);
  rig.pass(48h, false);
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  const auto answer = rig.ask(Approve{rig.review(), "seen"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("state"), "noted");
}

}  // namespace
}  // namespace aright::engine::test
