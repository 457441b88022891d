// Undos: what is undone, what is refused and why, and the waiver that comes with one.
#include <gtest/gtest.h>

#include "engine/undo_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

UndoRun waived(Nanos span) {
  UndoRun how;
  how.waive = span;
  return how;
}
UndoRun partly() {
  UndoRun how;
  how.partial = true;
  return how;
}

/// Run 1 has put /a right.
void fix(UndoRig& rig) {
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.run_row(1).at("state"), "succeeded");
}

std::string why_refused(const Result<Json>& answer) { return answer ? "not refused" : answer.error().message; }

TEST(Undo, BringsBackWhatWasBeforeByARunOfItsOwn) {
  UndoRig rig(one_file());
  fix(rig);
  const auto begun = rig.undone(1, waived(24h));
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(begun->at("run"), 2);
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  const Json run = rig.run_row(2);
  EXPECT_EQ(run.at("state"), "succeeded");
  EXPECT_EQ(run.at("undoes"), 1);
  EXPECT_EQ(run.at("undo").at("by"), "alice");
  EXPECT_EQ(run.at("undo").at("reason"), "it was right");
  EXPECT_EQ(run.at("decided_by"), "alice");
  EXPECT_EQ(run.at("reason"), "every change read back as it was before");
  EXPECT_EQ(rig.stored("undone", "000000000001").at("by"), 2);
}

TEST(Undo, AnnouncesEachStepBeforeItActs) {
  UndoRig rig(two_steps());
  fix(rig);
  ASSERT_EQ(rig.driver.state("/q"), file("new"));
  std::vector<std::string> announced;
  rig.driver.on_apply = [&](const ApplyRequest& r) {
    announced.push_back(rig.last("step.intended").at("key").get<std::string>());
    EXPECT_EQ(announced.back(), r.key);
    return std::optional<Result<ApplyOutcome>>();
  };
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(announced, (std::vector<std::string>{"r2-1", "r2-0"})) << "in reverse order";
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
}

TEST(Undo, ComesWithAWaiverInTheCommitOfItsFirstIntention) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.undo(1, waived(2h)));
  EXPECT_EQ(rig.count("waiver.granted"), 0U) << "it may be refused still";
  rig.settle(false);  // planned, and nothing done
  EXPECT_EQ(rig.count("waiver.granted"), 1U);
  EXPECT_EQ(rig.count("step.intended"), 2U);
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  rig.settle();
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("bad")) << "the control leaves it alone";
  const Waiver& waiver = rig.core->projection().waivers().at(1);
  EXPECT_EQ(waiver.owner, "alice");
  EXPECT_EQ(waiver.reason, "run 1 was undone: it was right");
  EXPECT_EQ(waiver.expires_at, rig.now.wall + 2h);
  EXPECT_EQ(rig.run_row(2).at("undo").at("waiver"), 1);
}

TEST(Undo, WithoutAWaiverTheControlAnswersAgain) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.undone(1));
  EXPECT_EQ(rig.count("waiver.granted"), 0U);
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Undo, OfWhatLeftItsFindingOpenIsToldAsTheAnswerToWhatItReadsAs) {
  Config config = one_file();
  config.workflows[0].steps = {own("/q", "new")};
  UndoRig rig(config);
  fix(rig);
  ASSERT_TRUE(rig.undone(1));
  rig.feed(Asked{1, Explain{"file:/a"}, {1000, "alice", {}}});
  rig.settle();
  ASSERT_TRUE(rig.answers.back());
  const std::string said = rig.answers.back()->dump();
  EXPECT_NE(said.find("fix: what its last run had done was undone, which is an answer: nothing more is done while it "
                      "reads so, not by `rescan` either"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find("taken_back"), std::string::npos) << "no word of runs";
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 2U) << "the run and its undo";
  rig.changes("/a", "other");
  rig.pass(5s);
  EXPECT_GE(rig.count("run.created"), 3U) << "another state is answered anew";
}

TEST(Undo, IsRefusedWhereSomebodyChangedItSince) {
  UndoRig rig(one_file());
  fix(rig);
  rig.driver.states["/a"]["content"] = "other";
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  const Json run = rig.run_row(2);
  EXPECT_EQ(run.at("state"), "failed");
  EXPECT_EQ(run.at("reason"), "refused: file:/a: it was changed since: content; nothing was touched");
  EXPECT_EQ(rig.driver.state("/a").at("content"), "other");
  EXPECT_EQ(rig.count("waiver.granted"), 0U);
  EXPECT_TRUE(rig.stored("undone", "000000000001").is_null());
}

TEST(Undo, IsRefusedAsAWhole) {
  UndoRig rig(two_steps());
  fix(rig);
  rig.driver.states["/q"] = file("theirs");
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.run_row(2).at("state"), "failed");
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_EQ(rig.driver.state("/q"), file("theirs"));
}

TEST(Undo, KeepsWhatIsNotAboutIt) {
  UndoRig rig(one_file());
  fix(rig);
  rig.driver.states["/a"]["mode"] = "0600";  // by somebody else, and the workflow does not name it
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig.driver.state("/a").at("content"), "bad");
  EXPECT_EQ(rig.driver.state("/a").at("mode"), "0600");
}

TEST(Undo, BringsBackAFileThatWasRemoved) {
  Config config{{control("a", "/a", {{"exists", false}})}, {workflow("fix", {"a"})}, {}};
  UndoRig rig(config);
  rig.start();
  rig.settle();
  ASSERT_EQ(rig.driver.state("/a"), (Json{{"exists", false}}));
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
}

TEST(Undo, IsRefusedTwice) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(why_refused(rig.undo(1)), "run 1 is not undone: run 2 has undone it already");
}

TEST(Undo, OfAnUndoDoesItAgainAndEndsItsWaiver) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  ASSERT_EQ(rig.core->projection().waivers().size(), 1U);
  ASSERT_TRUE(rig.undone(2, waived(24h)));
  EXPECT_EQ(rig.run_row(3).at("state"), "succeeded");
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  EXPECT_TRUE(rig.core->projection().waivers().empty());
  EXPECT_EQ(rig.stored("undone", "000000000002").at("by"), 3);
  ASSERT_TRUE(rig.undone(3, waived(24h)));
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  EXPECT_EQ(rig.core->projection().waivers().size(), 1U) << "taken back once more";
}

TEST(Undo, IsRefusedWhileARunIsOpen) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::propose, "slowly"}));
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.core->projection().runs().size(), 1U);
  EXPECT_EQ(why_refused(rig.undo(1)), "run 1 is not undone: run 2 of fix on file:/a is held: that ends first");
  EXPECT_EQ(why_refused(rig.undo(2)), "run 2 is not undone: it is held and has not ended; `runs cancel 2` ends it");
}

TEST(Undo, OfADoubtNamesWhatEndsIt) {
  UndoRig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) {
    return std::optional(Result<ApplyOutcome>(fail(Errc::timeout, "no answer")));
  };
  rig.start();
  rig.settle();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(6s);
  EXPECT_EQ(why_refused(rig.undo(1)),
            "run 1 is not undone: it is unknown and has not ended; `runs resolve 1 --as done|not-done` says what you "
            "have found");
}

TEST(Undo, ItsWaiverNamesTheGroupsOfWhoAskedAlsoOverARestart) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(Pause{"wait"}));
  UndoRun how = waived(2h);
  how.run = 1;
  how.reason = "it was right";
  how.source = rig.source(1);
  ASSERT_TRUE(rig.ask(std::move(how), Identity{1000, "alice", {"ops", "staff"}}));
  rig.restart_with(2, 1);
  ASSERT_TRUE(rig.ask(Resume{"go on"}));
  rig.settle();
  ASSERT_EQ(rig.count("waiver.granted"), 1U);
  EXPECT_EQ(rig.last("waiver.granted").at("groups"), Json({"ops", "staff"}));
  EXPECT_EQ(rig.last("waiver.granted").at("by"), "alice");
}

TEST(Undo, OfNothingIsRefused) {
  UndoRig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) {
    return std::optional(Result<ApplyOutcome>(fail(Errc::denied, "no")));
  };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.run_row(1).at("state"), "failed");
  EXPECT_EQ(why_refused(rig.undo(1)), "run 1 is not undone: it changed nothing");
  EXPECT_EQ(why_refused(rig.undo(77)), "no run 77");
  UndoRun gone;
  gone.run = 1;
  gone.source = std::shared_ptr<const UndoSource>();
  EXPECT_EQ(why_refused(rig.ask(gone)),
            "no run 1 any more: retention has taken its row; `aright audit evidence --run 1` still tells of it");
}

TEST(Undo, OfErasedContentIsRefused) {
  UndoRig rig(two_steps());
  fix(rig);
  rig.blobs.erase(rig.run_row(1).at("steps").at(1).at("before").at("id").get<std::string>());
  EXPECT_EQ(
      why_refused(rig.undo(1)),
      "run 1 is not undone: step 2: the recorded content of file:/q has been erased; `--partial` undoes the rest");
  ASSERT_TRUE(rig.undone(1, partly()));
  EXPECT_EQ(rig.run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig.run_row(2).at("reason"), "every change read back as it was before; 1 of what was done stays");
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
  EXPECT_EQ(rig.driver.state("/q"), file("new"));
  EXPECT_EQ(rig.run_row(2).at("steps").at(1).at("outcome"), "stays: the recorded content of file:/q has been erased");
}

TEST(Undo, WhatReadsAsBeforeAlreadyIsDoneWith) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::off, "not now"}));
  rig.driver.states["/a"] = file("bad");
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.run_row(2).at("state"), "cancelled");
  EXPECT_EQ(rig.run_row(2).at("reason"), "reads as before already");
}

TEST(Undo, NoModeBlocksIt) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::off, "stop it"}));
  ASSERT_TRUE(rig.undone(1));
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
}

TEST(Undo, WaitsForTheEndOfAPause) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(Pause{"stop"}));
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.driver.state("/a"), file("good"));
  ASSERT_TRUE(rig.ask(Resume{"go"}));
  rig.settle();
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
}

TEST(Undo, CountsForTheThreshold) {
  UndoRig rig(one_file());
  fix(rig);
  const std::size_t before = rig.core->projection().counted_under("fix").size();
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.core->projection().counted_under("fix").size(), before + 1);
}

TEST(Undo, OfProtectedResourcesIsRefused) {
  Config config = one_file();
  UndoRig rig(config);
  fix(rig);
  config.protected_paths = {"/a"};
  rig.configure(config);
  rig.restart();
  rig.settle();
  const std::string why = why_refused(rig.undo(1));
  EXPECT_NE(why.find("protected"), std::string::npos) << why;
}

TEST(Undo, ThatFailsHalfwayLeavesAllAsItWas) {
  UndoRig rig(two_steps());
  fix(rig);
  rig.driver.on_apply = [](const ApplyRequest& r) -> std::optional<Result<ApplyOutcome>> {
    if (r.key == "r2-0") return Result<ApplyOutcome>(fail(Errc::denied, "read-only"));
    return std::nullopt;
  };
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  rig.pass(6s);
  EXPECT_EQ(rig.run_row(2).at("state"), "rolled_back");
  EXPECT_EQ(rig.driver.state("/q"), file("new"));
  EXPECT_TRUE(rig.core->projection().waivers().empty()) << "nothing is undone, so nothing is left alone";
  rig.driver.on_apply = nullptr;
  ASSERT_TRUE(rig.undone(1, waived(24h)));
  EXPECT_EQ(rig.run_row(3).at("state"), "succeeded");
  EXPECT_EQ(rig.driver.state("/q"), file("old"));
}

TEST(Undo, ThatSomebodyCrossesIsPlannedAgainAndRefused) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.ask(SetMode{"fix", Mode::off, "not now"}));
  ASSERT_TRUE(rig.undo(1, waived(24h)));
  rig.settle(false);
  rig.driver.states["/a"] = file("theirs");
  rig.settle();
  EXPECT_EQ(rig.run_row(2).at("state"), "failed");
  EXPECT_EQ(rig.driver.state("/a"), file("theirs"));
  EXPECT_TRUE(rig.core->projection().waivers().empty());
}

TEST(Undo, IsPlannedAnewAfterARestart) {
  UndoRig rig(one_file());
  fix(rig);
  ASSERT_TRUE(rig.undo(1, waived(24h)));
  rig.work.clear();
  rig.restart_with(2, 1);
  rig.settle();
  EXPECT_EQ(rig.run_row(2).at("state"), "succeeded");
  EXPECT_EQ(rig.driver.state("/a"), file("bad"));
}

TEST(Undo, IsTakenUpAfterARestartInItsMidst) {
  for (const bool happened : {false, true}) {
    UndoRig rig(two_steps());
    fix(rig);
    ASSERT_TRUE(rig.undo(1, waived(24h)));
    rig.settle(false);
    ASSERT_EQ(rig.last("step.intended").at("key"), "r2-1");
    if (happened) rig.driver.states["/q"] = file("old");
    rig.work.clear();
    rig.restart_with(2, 1);
    rig.settle();
    EXPECT_EQ(rig.run_row(2).at("state"), "succeeded");
    EXPECT_EQ(rig.driver.state("/a"), file("bad"));
    EXPECT_EQ(rig.driver.state("/q"), file("old"));
    EXPECT_EQ(rig.core->projection().waivers().size(), 1U);
  }
}

TEST(UndoPlan, ShowsWhatItWouldDoAndDoesNothing) {
  UndoRig rig(two_steps());
  fix(rig);
  const std::size_t entries = rig.entries.size();
  UndoRun look;
  look.plan_only = true;
  ASSERT_TRUE(rig.answers.empty());
  look.run = 1;
  look.source = rig.source(1);
  rig.feed(Asked{7, look, {1000, "alice", {}}});
  rig.settle();
  ASSERT_EQ(rig.answers.size(), 1U);
  ASSERT_TRUE(rig.answers.back());
  const Json plan = *rig.answers.back();
  EXPECT_EQ(plan.at("would"), "undo");
  ASSERT_EQ(plan.at("steps").size(), 2U);
  EXPECT_EQ(plan.at("steps").at(0).at("resource"), "file:/q");
  EXPECT_EQ(plan.at("steps").at(0).at("decision"), "undo");
  EXPECT_FALSE(plan.at("steps").at(0).at("difference").empty());
  EXPECT_EQ(rig.entries.size(), entries);
  EXPECT_EQ(rig.driver.state("/q"), file("new"));
  rig.driver.states["/q"] = file("theirs");
  rig.feed(Asked{8, look, {1000, "alice", {}}});
  rig.settle();
  EXPECT_EQ(rig.answers.back()->at("would"), "be refused");
  EXPECT_EQ(rig.answers.back()->at("refused"), "file:/q: it was changed since: content");
}

}  // namespace
}  // namespace aright::engine::test
