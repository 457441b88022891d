// The checker itself: a history without a mistake passes, and the same history with one is refused for that mistake.
#include "checker.h"

#include <gtest/gtest.h>

#include "audit/checkpoint.h"
#include "history.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

const Json as_wanted{{"exists", true}, {"content", {"one", "other", ""}}, {"mode", "0644"}};

class CheckerTest : public testing::Test {
 protected:
  CheckerTest() { h.start(); }
  Guards& guards() { return h.config.workflows[0].guards; }
  /// A run on `subject` that was admitted and whose only change cannot be planned: over at once.
  void admit_on(const std::string& subject) {
    const std::uint64_t run = h.open_run(subject);
    h.admit(run);
    h.move(run, "failed", "give-up");
  }
  /// Two steps done, and the run takes them back.
  void roll_back() {
    const std::uint64_t run = h.admitted_run();
    h.carry_out(run, 0);
    h.move(run, "rolling_back", "step-failed");
    h.intend(run, 0, true);
    h.effect();
    h.read("/w/a");
    h.done(run, 0, "undone");
    h.move(run, "rolled_back", "undone");
  }
  /// A plan for /w/a with `spoil` done to it.
  void plan_with(const std::function<void(Json&)>& spoil, const Json& after = as_wanted) {
    const std::uint64_t run = h.open_run();
    Json plan = h.plan("/w/a", after);
    spoil(plan);
    h.planned(run, 0, plan);
  }
  History h;
};

// The whole of a good history, and of one that takes back.

TEST_F(CheckerTest, ARunOfTwoStepsPasses) {
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  h.wait(1min);  // the second may take its time
  h.carry_out(run, 1);
  h.move(run, "verifying", "all-applied");
  h.move(run, "succeeded", "verified");
  EXPECT_EQ(h.checker.ended("succeeded"), 1U);
  h.checker.whole_tree();
}

TEST_F(CheckerTest, WhatWasMadeMayBeTakenBack) {
  roll_back();
  EXPECT_EQ(h.checker.ended("rolled_back"), 1U);
}

// Invariant 6: what contains never re-opens by itself.

TEST_F(CheckerTest, AFixThatContainsIsNotTakenBack) {
  h.config.workflows[0].on_failure = OnFailure::review;
  EXPECT_TRUE(refused([&] { roll_back(); }, "never re-open by themselves"));
}

TEST_F(CheckerTest, AFixThatContainsMayGoToReview) {
  h.config.workflows[0].on_failure = OnFailure::review;
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  h.hold(run, "held", "foreign", "on-failure");
  EXPECT_EQ(h.checker.ended("held"), 1U);
}

TEST_F(CheckerTest, WhatWasMadeDoesNotStayInSilence) {
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  EXPECT_TRUE(refused([&] { h.move(run, "failed", "give-up"); }, "stays without a person's word"));
}

// Invariant 4: the difference, and what is secret.

TEST_F(CheckerTest, ADifferenceMustLeadToAfter) {
  const auto otherwise = [](Json& plan) { plan["difference"].back()["value"] = "not that"; };
  EXPECT_TRUE(refused([&] { plan_with(otherwise); }, "does not lead to its `after`"));
}

TEST_F(CheckerTest, ADifferenceMustBeWhole) {
  const auto short_of_one = [](Json& plan) { plan["difference"].erase(0); };
  EXPECT_TRUE(refused([&] { plan_with(short_of_one); }, "does not lead to its `after`"));
}

TEST_F(CheckerTest, ADifferenceMustFitItsBefore) {
  const auto elsewhere = [](Json& plan) { plan["difference"] = {{{"op", "remove"}, {"path", "/content/17"}}}; };
  EXPECT_TRUE(refused([&] { plan_with(elsewhere); }, "cannot be carried out"));
}

TEST_F(CheckerTest, ASmallDifferenceIsNotLeftOut) {
  const auto left_out = [](Json& plan) {
    plan["difference_omitted"] = plan["difference"].size();
    plan["difference"] = Json::array();
  };
  EXPECT_TRUE(refused([&] { plan_with(left_out); }, "that an entry can hold"));
}

TEST_F(CheckerTest, SecretsStayNull) {
  h.world.secret_paths.insert("/w/a");
  plan_with([](Json& plan) {
    for (const Json& change : plan.at("difference")) EXPECT_TRUE(change.value("value", Json()).is_null());
  });
}

TEST_F(CheckerTest, ASecretIsNotTold) {
  h.world.secret_paths.insert("/w/a");
  const auto tells = [](Json& plan) { plan["difference"].back()["value"] = "other"; };
  EXPECT_TRUE(refused([&] { plan_with(tells); }, "which is secret"));
}

TEST_F(CheckerTest, WhatBecomesReadableIsNotToldEither) {
  Json closed = as_wanted;
  closed["mode"] = "0600";
  h.world.set("/w/a", closed);
  Json open = as_wanted;
  open["content"][1] = "secret until now";
  const auto tells = [](Json& plan) {
    for (Json& change : plan["difference"]) {
      if (change.at("path") != "/mode" && change.contains("value")) change["value"] = "secret until now";
    }
  };
  EXPECT_TRUE(refused([&] { plan_with(tells, open); }, "which is secret"));
}

TEST_F(CheckerTest, ASecretIsNotToldInAnotherField) {
  h.world.secret_paths.insert("/w/a");
  const auto tells = [](Json& plan) { plan["outcome"] = "was: two"; };
  EXPECT_TRUE(refused([&] { plan_with(tells); }, "tells a line of"));
}

TEST_F(CheckerTest, NoMoreIsMaskedThanWhatIsSecret) {
  Json closed = as_wanted;
  closed["mode"] = "0600";
  const auto masks_all = [](Json& plan) {
    for (Json& change : plan["difference"]) {
      if (change.contains("value")) change["value"] = nullptr;
    }
  };
  EXPECT_TRUE(refused([&] { plan_with(masks_all, closed); }, "does not lead to its `after`"));
}

TEST_F(CheckerTest, ContentIsMarkedAsSecret) {
  h.world.secret_paths.insert("/w/a");
  const std::uint64_t run = h.open_run();
  const Json plan = h.plan("/w/a", as_wanted);
  h.spoil = [](Batch& batch) { batch.blobs.back().sensitive = false; };
  EXPECT_TRUE(refused([&] { h.planned(run, 0, plan); }, "not marked as what it is"));
}

// Checkpoints.

TEST_F(CheckerTest, ACheckpointHasTheRootOfTheEntries) {
  h.sign = [](std::uint64_t size, const Digest&) {
    return audit::sign_checkpoint({log_origin, size, Digest{}, {}}, log_key(), log_origin).value();
  };
  EXPECT_TRUE(refused([&] { h.start(); }, "another root"));
}

TEST_F(CheckerTest, ACheckpointHasTheSizeItIsStoredUnder) {
  h.sign = [](std::uint64_t size, const Digest& root) {
    return audit::sign_checkpoint({log_origin, size - 1, root, {}}, log_key(), log_origin).value();
  };
  EXPECT_TRUE(refused([&] { h.start(); }, "it is for 1 entries"));
}

TEST_F(CheckerTest, ACheckpointIsForTheEntriesItIsStoredWith) {
  h.spoil = [](Batch& batch) { batch.checkpoint->size = 3; };
  EXPECT_TRUE(refused([&] { h.start(); }, "not for the entries it is stored with"));
}

TEST_F(CheckerTest, ACheckpointIsSignedWithTheKeyOfTheLog) {
  h.sign = [](std::uint64_t size, const Digest& root) {
    const auto other = audit::SigningKey::from_seed(std::string(32, 'x')).value();
    return audit::sign_checkpoint({log_origin, size, root, {}}, other, log_origin).value();
  };
  EXPECT_TRUE(refused([&] { h.start(); }, "checkpoint at 2: "));
}

TEST_F(CheckerTest, AnEntryIsSignedWithinASecond) {
  h.signs = false;
  h.start();
  h.signs = true;
  h.wait(1s);
  h.start();  // just in time; a start begins the second anew, so:
  h.signs = false;
  const std::uint64_t run = h.open_run();
  h.signs = true;
  h.wait(1001ms);
  EXPECT_TRUE(refused([&] { h.admit(run); }, "without a signature 1001 ms"));
}

TEST_F(CheckerTest, AnEntryIsSignedAtTheEndToo) {
  h.signs = false;
  h.open_run();
  h.wait(2s);
  EXPECT_TRUE(refused([&] { h.checker.settled(); }, "without a signature 2000 ms"));
}

// The threshold, of every kind.

TEST_F(CheckerTest, PerSubjectCountsItsSubjectOnly) {
  guards().threshold = {{1, 10min, Per::subject}, {3, 10min, Per::workflow}};
  admit_on("/w/a");
  admit_on("/w/b");
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "one more than the threshold"));
}

TEST_F(CheckerTest, OfTwoLimitsBothCount) {
  guards().threshold = {{2, 10min, Per::subject}, {2, 10min, Per::workflow}};
  admit_on("/w/a");
  admit_on("/w/b");
  EXPECT_TRUE(refused([&] { admit_on("/w/q"); }, "one more than the threshold"));
}

TEST_F(CheckerTest, TheDefaultIsThreeInTenMinutes) {
  for (const char* subject : {"/w/a", "/w/b", "/w/q"}) admit_on(subject);
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "one more than the threshold"));
}

TEST_F(CheckerTest, WhatHasLeftTheWindowNoLongerCounts) {
  for (const char* subject : {"/w/a", "/w/b", "/w/q"}) admit_on(subject);
  h.wait(10min);
  admit_on("/w/a");
  EXPECT_EQ(h.checker.ended("failed"), 4U);
}

TEST_F(CheckerTest, NothingIsHeldBeforeTheThreshold) {
  guards().threshold = {{1, 10min, Per::subject}, {3, 10min, Per::workflow}};
  admit_on("/w/a");
  const std::uint64_t run = h.open_run("/w/b");
  EXPECT_TRUE(refused([&] { h.hold(run, "held", "hold", "threshold"); }, "is not reached"));
}

TEST_F(CheckerTest, NoMoreRunsAreAtWorkThanTheWorkflowSays) {
  guards().concurrency = 1;
  h.open_run("/w/a");
  EXPECT_TRUE(refused([&] { h.open_run("/w/b"); }, "2 runs of"));
}

TEST_F(CheckerTest, ModePlanSaysWhatModeAutoWouldDo) {
  guards().threshold = {{1, 10min, Per::workflow}};
  h.move(h.open_run("/w/a"), "planned", "plan-ready", {{"plan_hash", "h"}, {"reason", "would run"}});
  h.move(h.open_run("/w/b"), "planned", "plan-ready", {{"plan_hash", "h"}, {"reason", "would be held: threshold"}});
  const std::uint64_t third = h.open_run("/w/q");
  const Json says{{"plan_hash", "h"}, {"reason", "would run"}};
  EXPECT_TRUE(refused([&] { h.move(third, "planned", "plan-ready", says); }, "would be otherwise"));
}

TEST_F(CheckerTest, ACoolDownIsWaitedFor) {
  guards().cool_down = CoolDown{30s, Per::subject};
  admit_on("/w/a");
  admit_on("/w/b");
  h.wait(29s);
  EXPECT_TRUE(refused([&] { admit_on("/w/a"); }, "before the cool-down"));
}

// Invariant 5: freshness, of every step.

TEST_F(CheckerTest, AStepOfSeveralIsReadAfterItsEffect) {
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  h.read("/w/q");
  h.intend(run, 1);
  h.effect();
  h.done(run, 1, "applied");
  EXPECT_TRUE(refused([&] { h.done(run, 1, "verified"); }, "no fresh reading"));
}

TEST_F(CheckerTest, AStepOfSeveralIsReadShortlyBefore) {
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  h.intend(run, 1);
  h.effect();
  h.read("/w/q");
  h.wait(5s);
  h.done(run, 1, "applied");
  EXPECT_TRUE(refused([&] { h.done(run, 1, "verified"); }, "no fresh reading"));
}

TEST_F(CheckerTest, WhatIsReadMustBeAsDesired) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.effect();
  h.world.set("/w/a", {{"exists", true}, {"content", {"somebody"}}, {"mode", "0644"}});
  h.read("/w/a");
  EXPECT_TRUE(refused([&] { h.done(run, 0, "verified"); }, "no fresh reading"));
}

TEST_F(CheckerTest, AnUndoIsReadBackToo) {
  const std::uint64_t run = h.admitted_run();
  h.carry_out(run, 0);
  h.move(run, "rolling_back", "step-failed");
  h.intend(run, 0, true);
  EXPECT_TRUE(refused([&] { h.done(run, 0, "undone"); }, "no fresh reading"));
}

// What is called failed.

TEST_F(CheckerTest, WhatHappenedIsNotCalledFailedUnseen) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.effect();
  EXPECT_TRUE(refused([&] { h.done(run, 0, "failed"); }, "nobody has looked whether it happened"));
}

TEST_F(CheckerTest, WhatWasSetBackMayBeCalledFailed) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.effect();
  h.read("/w/a");
  h.done(run, 0, "failed");
  h.move(run, "failed", "give-up");
  EXPECT_EQ(h.checker.ended("failed"), 1U);
}

// The gate.

TEST_F(CheckerTest, NoEffectBeginsWhileTheGateIsClosed) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.world.closed = [](const std::string&, const std::string&) { return "somebody has paused"; };
  EXPECT_TRUE(refused([&] { h.effect(); }, "begins although somebody has paused"));
}

TEST_F(CheckerTest, NoProgramStartsWhileTheGateIsClosed) {
  h.world.closed = [](const std::string&, const std::string&) { return "the process stops"; };
  ProgramRequest request;
  request.key = "r1-0";
  const auto starts = [&] { h.checker.before_program(request); };
  EXPECT_TRUE(refused(starts, "begins although the process stops"));
}

TEST_F(CheckerTest, NothingStartsWhileItsFirstCopyIsAtWork) {
  h.world.at_work["r1-0"] = {};
  for (const char* key : {"r1-0", "r1-0-confirm"}) {
    ProgramRequest request;
    request.key = key;
    EXPECT_TRUE(refused([&] { h.checker.before_program(request); }, "starts while r1-0 is at work"));
  }
}

// A commit that is not whole.

TEST_F(CheckerTest, EntriesWithoutTheirRowsAreSeen) {
  h.spoil = [](Batch& batch) { batch.rows.clear(); };
  EXPECT_TRUE(refused([&] { h.open_run(); }, "is not what the entries imply"));
}

TEST_F(CheckerTest, EntriesWithoutTheirTreeAreSeen) {
  h.spoil = [](Batch& batch) { batch.tree = {}; };
  h.start();
  EXPECT_TRUE(refused([&] { h.checker.whole_tree(); }, "the tree does not fit the entries"));
}

TEST_F(CheckerTest, APlanWithoutItsContentIsSeen) {
  const std::uint64_t run = h.open_run();
  const Json plan = h.plan("/w/a", as_wanted);
  h.spoil = [](Batch& batch) { batch.blobs.clear(); };
  EXPECT_TRUE(refused([&] { h.planned(run, 0, plan); }, "has no content"));
}

}  // namespace
}  // namespace aright::sim
