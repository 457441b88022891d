// `explain`: the reasons it gives are those by which the core acts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Json explain(Rig& rig, const std::string& subject = "file:/a") {
  rig.feed(Asked{1, Explain{subject}, {1000, "alice", {}}});
  while (!rig.work.empty() && std::holds_alternative<DoLook>(rig.work.back())) rig.newest();
  return rig.answers.back().value_or(Json());
}

std::string why(Rig& rig) {
  const Json doc = explain(rig);
  return doc.at("sentences").empty() ? std::string() : doc.at("sentences").back().get<std::string>();
}

/// The fourth time within ten minutes.
void break_until_held(Rig& rig) {
  for (int i = 1; i <= 4; ++i) {
    rig.changes("/a", "bad " + std::to_string(i));
    rig.settle();
    rig.pass(1min);
  }
}

TEST(Explain, ChangesNothing) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  const auto entries = rig.entries.size();
  rig.driver.states["/a"] = file("bad");
  EXPECT_THAT(why(rig), HasSubstr("it differs (content), which has not been taken up yet"));
  rig.settle();
  EXPECT_EQ(rig.entries.size(), entries);
  EXPECT_TRUE(rig.driver.applied.empty());
}

TEST(Explain, WhatReadsAsDesired) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  const Json doc = explain(rig, "/a");
  EXPECT_EQ(doc.at("subject"), "file:/a");
  EXPECT_EQ(doc.at("controls").at(0).at("matched"), false);
  EXPECT_THAT(why(rig), HasSubstr("it reads as desired"));
}

TEST(Explain, WhatWaitsForAPersonComesFirstEvenWhereAllReadsWell) {
  Rig rig(one_file());
  rig.start();
  break_until_held(rig);
  const Json broken = explain(rig);
  EXPECT_THAT(broken.at("sentences").at(0).get<std::string>(),
              testing::StartsWith("a: fix: run 4 is held: threshold: admitted 3 times"));
  EXPECT_EQ(broken.at("sentences").size(), 1U) << "said once";
  rig.driver.states["/a"] = file("good");  // not told: the run is held still
  const Json sentences = explain(rig).at("sentences");
  EXPECT_THAT(sentences.at(0).get<std::string>(), HasSubstr("run 4 is held"));
  EXPECT_THAT(sentences.dump(), testing::Not(HasSubstr("nothing to do")));
}

TEST(Explain, WhatNobodyLooksAt) {
  Rig rig(one_file());
  rig.start();
  EXPECT_THAT(explain(rig, "file:/zzz").at("sentences").at(0).get<std::string>(), HasSubstr("no control looks at"));
  explain(rig, "nonsense");
  ASSERT_FALSE(rig.answers.back());
  EXPECT_THAT(rig.answers.back().error().message, HasSubstr("names no subject"));
}

TEST(Explain, ThresholdWithItsNumbers) {
  Rig rig(one_file());
  rig.start();
  break_until_held(rig);
  const Json doc = explain(rig);
  const Json& workflow = doc.at("controls").at(0).at("workflows").at(0);
  const Json& threshold = workflow.at("guards").at(0);
  EXPECT_EQ(threshold.at("admitted"), 3);
  EXPECT_EQ(threshold.at("allowed"), 3);
  EXPECT_EQ(threshold.at("within"), "10m");
  EXPECT_EQ(threshold.at("oldest_leaves_in"), "6m");
  EXPECT_EQ(workflow.at("run").at("state"), "held");
  EXPECT_THAT(doc.at("sentences").back().get<std::string>(), HasSubstr("review 1 waits for a person"));
}

TEST(Explain, ModesWhenAndPlans) {
  for (const auto& [mode, words] : std::vector<std::pair<Mode, std::string>>{{Mode::off, "its mode is off"},
                                                                             {Mode::observe, "mode observe: noted"},
                                                                             {Mode::plan, "which is an answer"}}) {
    Config config = one_file();
    config.workflows[0].mode = mode;
    Rig rig(config);
    rig.start();
    rig.changes("/a", "bad");
    rig.settle();
    EXPECT_THAT(why(rig), HasSubstr(words));
  }
  Config config = one_file();
  config.workflows[0].when = "finding.occurrences > 5u";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(why(rig), HasSubstr("its `when` is false: finding.occurrences > 5u"));
}

TEST(Explain, AReviewThatAnApprovalWouldNotHelpWaitsForNobody) {
  for (const Mode mode : {Mode::off, Mode::observe, Mode::plan}) {
    Rig rig(one_file());
    rig.start();
    break_until_held(rig);
    ASSERT_TRUE(rig.ask(SetMode{"fix", mode, "stop"}));
    rig.settle();
    const std::string said = explain(rig).at("sentences").dump();
    EXPECT_THAT(said, HasSubstr("run 4 is held"));
    EXPECT_THAT(said, HasSubstr("the mode is now " + std::string(name(mode))));
    EXPECT_THAT(said, HasSubstr("approving review 1 would change nothing"));
    EXPECT_THAT(said, testing::Not(HasSubstr("waits for a person")));
    EXPECT_FALSE(rig.ask(Approve{1, "go"})) << "and so it is";
    rig.settle();
    EXPECT_EQ(rig.driver.state("/a"), file("bad 4"));
  }
}

TEST(Explain, NoWorkflow) {
  Config config = one_file();
  config.workflows[0].answers[0].control = "other";
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  EXPECT_THAT(why(rig), HasSubstr("no workflow answers"));
}

TEST(Explain, APauseAWaitACoolDownAWaiver) {
  Config config = one_file();
  config.workflows[0].guards.cool_down = CoolDown{5min, Per::subject};
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.changes("/a", "bad again");
  rig.settle();
  EXPECT_THAT(why(rig), HasSubstr("cool-down: admitted less than 5m ago per subject"));
  EXPECT_THAT(why(rig), testing::Not(HasSubstr("besides")));
  rig.ask(Pause{"later"});
  EXPECT_THAT(why(rig), testing::AllOf(HasSubstr("cool-down: admitted less than 5m ago per subject"),
                                       HasSubstr("; besides, paused (pause 1 by alice: later)")));
  rig.pass(6min);
  EXPECT_THAT(why(rig), HasSubstr("run 2 waits: paused"));
  rig.ask(Waive{"a", "file:/a", "known", "", Nanos{1h}});
  EXPECT_THAT(why(rig), HasSubstr("waiver 1 (known, owner alice) leaves it as it is until"));
}

TEST(Explain, ARunThatFailedAndIsTriedAgain) {
  Rig rig(one_file());
  rig.driver.on_apply = [](const ApplyRequest&) { return Result<ApplyOutcome>(fail(Errc::denied, "refused")); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(1s);
  EXPECT_THAT(why(rig), HasSubstr("its last run ended failed and left it open; tried again in 9s"));
}

Config failing(const std::function<void(Guards&)>& guarded) {
  Config config = one_file();
  guarded(config.workflows[0].guards);
  return config;
}

/// What is said one second after a run has failed.
std::string said_after_failing(Rig& rig) {
  rig.driver.on_apply = [](const ApplyRequest&) { return Result<ApplyOutcome>(fail(Errc::denied, "refused")); };
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.pass(1s);
  return why(rig);
}

TEST(Explain, WhatAGuardKeepsFromBeingTriedAgain) {
  Rig cooled(failing([](Guards& g) { g.cool_down = CoolDown{1h, Per::subject}; }));
  EXPECT_THAT(said_after_failing(cooled),
              HasSubstr("its time comes in 9s, but neither then nor by `rescan` now does it "
                        "run: cool-down: admitted less than 1h ago per subject"));
  ASSERT_TRUE(cooled.ask(Rescan{}));
  cooled.pass(12s);
  EXPECT_EQ(cooled.count("run.created"), 1U) << "and so it is";
  Rig soon(failing([](Guards& g) { g.cool_down = CoolDown{5s, Per::subject}; }));
  EXPECT_THAT(said_after_failing(soon), HasSubstr("tried again in 9s; now `rescan` does not get it done: cool-down: "));
  ASSERT_TRUE(soon.ask(Rescan{}));
  soon.settle();
  EXPECT_EQ(soon.count("run.created"), 1U);
}

TEST(Explain, WhatWouldBeHeldIsNotToldAsTriedAgain) {
  Rig rig(failing([](Guards& g) { g.threshold = {{1, 10min, Per::workflow}}; }));
  EXPECT_THAT(said_after_failing(rig),
              HasSubstr("its time comes in 9s, but neither then nor by `rescan` now does it run: "
                        "it would be held: threshold: admitted 1"));
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 1U);
}

TEST(Explain, WhatIsPausedIsNotToldAsTriedAgain) {
  Rig rig(one_file());
  said_after_failing(rig);
  ASSERT_TRUE(rig.ask(Pause{"later"}));
  EXPECT_THAT(why(rig), HasSubstr("its last run ended failed and left it open; its time comes in 9s, but nothing of it "
                                  "begins now: paused"));
}

TEST(Explain, AFileThatIsNotInTheFolder) {
  Config config = one_file();
  config.controls[0].select = {};
  config.controls[0].select.within = {"/d"};
  config.workflows[0].mode = Mode::propose;
  Rig rig(config);
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.settle();
  const Json never = explain(rig, "file:/d/never");
  EXPECT_EQ(never.at("controls").at(0).at("matched"), false);
  EXPECT_EQ(never.at("sentences").at(0),
            "a: it is not there, and this control is about what its folders hold: there is nothing to find");
  rig.hint("/d/f");
  rig.settle();
  ASSERT_EQ(rig.count("finding.opened"), 1U);
  rig.driver.states.erase("/d/f");
  const std::string gone = explain(rig, "file:/d/f").at("sentences").dump();
  EXPECT_THAT(gone, testing::AllOf(HasSubstr("a: it has gone from its folder: the next reading ends its finding"),
                                   testing::Not(HasSubstr("starts a run"))));
  rig.hint("/d/f");
  rig.settle();
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "gone");
}

TEST(Explain, AFolderAndTheListOfIt) {
  Config config = one_file();
  config.controls[0].select = {};
  config.controls[0].select.within = {"/d"};
  Rig rig(config);
  rig.start();
  rig.settle();
  EXPECT_THAT(explain(rig, "/d").at("sentences").at(0).get<std::string>(),
              testing::StartsWith("a looks into this folder and is about what it holds"));
  EXPECT_EQ(
      explain(rig, "list of control a").at("sentences").at(0),
      "a: nobody knows what is in /d, so what is new there is not found: the list is empty, which proves nothing");
  rig.driver.members = {"/d/f"};
  rig.driver.states["/d/f"] = file("good");
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.settle();
  EXPECT_EQ(explain(rig, "list of control a").at("sentences").at(0), "a: what is in /d can be listed");
  explain(rig, "list of control zzz");
  EXPECT_FALSE(rig.answers.back()) << "there is none";
}

TEST(Explain, WhatCannotBeRead) {
  Rig rig(one_file());
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  rig.driver.unreadable = {{"/a", Error{Errc::denied, Retry::no, "/a: closed"}}};
  const Json doc = explain(rig);
  EXPECT_EQ(doc.at("read"), "/a: closed");
  EXPECT_TRUE(doc.at("controls").at(0).at("matched").is_null());
}

}  // namespace
}  // namespace aright::engine::test
