// Who is told that a review waits, rung by rung, and that nobody has answered it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "engine/core_notify_rig_test.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;

class AskedPeople : public test::CoreNotify {};

/// The file is held for a team with a ladder; everybody else hears of all.
Config on_a_ladder() {
  Config config = test::one_file();
  config.workflows[0].mode = Mode::propose;
  config.workflows[0].owner = "team";
  config.workflows[0].review_within = std::chrono::hours{48};
  Team team;
  team.name = "team";
  team.users = {"alice", "bob"};
  team.ladder = {{0s, {"mail", "chat", "mail"}, ""}, {10min, {"phone"}, ""}};
  config.teams = {team};
  config.notify = {{{.name = "ops"}, {.name = "mail"}, {.name = "chat"}, {.name = "phone"}}, {"ops"}};
  return config;
}

TEST_F(AskedPeople, EachRungTellsItsOwnAndTheLastAgainUntilSomebodyIsAtIt) {
  begin(on_a_ladder());
  rig->changes("/a", "bad");
  rig->settle();
  const auto told = [&] {
    std::vector<std::string> list;
    for (const Notification& n : hand.got) {
      if (n.what.notice != "node") list.push_back(n.what.notice + " " + n.notifier);
    }
    std::ranges::sort(list);
    return list;
  };
  EXPECT_EQ(told(), (std::vector<std::string>{"review chat", "review mail"})) << "each once, and not who hears of all";
  rig->pass(11min);
  rig->settle();
  EXPECT_EQ(hand.got.back().notifier, "phone");
  EXPECT_EQ(hand.got.back().what.data.at("rung"), 2);
  EXPECT_EQ(hand.got.back().what.text.find("nobody has answered since "), 0U) << hand.got.back().what.text;
  EXPECT_EQ(hand.got.front().what.text.find("nobody has answered"), std::string::npos);
  rig->pass(11min);
  rig->settle();
  EXPECT_EQ(told().size(), 4U);
  EXPECT_EQ(hand.got.back().what.data.at("rung"), 3) << "the last one again";
  ASSERT_TRUE(rig->ask(Acknowledge{rig->review(), "on it"}));
  rig->pass(1h);
  rig->settle();
  EXPECT_EQ(told().size(), 4U);
}

TEST_F(AskedPeople, WhoeverWasToldIsToldWhenItIsAskedAnew) {
  begin(on_a_ladder());
  rig->changes("/a", "bad");
  rig->settle();
  rig->pass(11min);
  rig->settle();
  ASSERT_EQ(hand.got.back().notifier, "phone");
  const std::size_t before = hand.got.size();
  rig->driver.states["/a"] = test::file("worse");
  ASSERT_TRUE(rig->ask(Approve{1, "yes"}, {1000, "alice", {}}));
  rig->settle();
  ASSERT_EQ(rig->review(), 2U);
  std::vector<std::string> told;
  for (const Notification& n : std::span(hand.got).subspan(before)) {
    told.push_back(n.notifier);
    EXPECT_TRUE(n.what.text.starts_with("it is asked anew, ")) << n.what.text;
    EXPECT_EQ(n.what.review, 2U);
  }
  std::ranges::sort(told);
  EXPECT_EQ(told, (std::vector<std::string>{"chat", "mail", "phone"}));
}

/// Its plan is not kept for as long as people are asked.
TEST_F(AskedPeople, EachRungTellsWhatIsThereNowToo) {
  Config config = on_a_ladder();
  config.controls[0].desired.fields = {{"exists", true}, {"mode", "0644"}};
  begin(config);
  rig->driver.states["/a"]["mode"] = "0600";
  rig->hint("/a");
  rig->settle();
  rig->pass(11min);
  rig->settle();
  std::size_t rungs = 0;
  for (const Notification& n : hand.got) {
    if (n.what.notice != "review") continue;
    ++rungs;
    EXPECT_NE(n.what.text.find("replace /mode \"0600\" by \"0644\""), std::string::npos) << n.what.text;
  }
  EXPECT_EQ(rungs, 3U);
}

/// What the rungs of web's ladder tell when that team has no notifiers, or those of `own`, and the other has `boss`.
Config naming_teams(std::vector<std::string> own, std::vector<std::string> boss) {
  Config config = on_a_ladder();
  config.teams[0].notifiers = std::move(own);
  config.teams[0].ladder = {{0s, {}, "boss"}, {10min, {"phone"}, "boss"}};
  Team other;
  other.name = "boss";
  other.users = {"mia"};
  other.notifiers = std::move(boss);
  config.teams.push_back(other);
  return config;
}

TEST_F(AskedPeople, ARungThatNamesOnlyATeamTellsThatOneElseWhoHearsOfAll) {
  const std::vector<std::string> chat{"chat"};
  const std::vector<std::string> none;
  for (const auto& [own, boss, expected] : {std::tuple(chat, none, "ops"), std::tuple(none, none, "ops"),
                                            std::tuple(chat, std::vector<std::string>{"mail"}, "mail")}) {
    hand.got.clear();
    begin(naming_teams(own, boss));
    rig->changes("/a", "bad");
    rig->settle();
    ASSERT_EQ(hand.got.size(), 2U) << "the start, and the first rung";
    EXPECT_EQ(hand.got[1].notifier, expected);
    EXPECT_EQ(hand.got[1].what.notice, "review");
    EXPECT_EQ(rig->last("review.escalated").at("to"), Json({expected}));
    EXPECT_EQ(rig->last("review.escalated").at("team"), "boss");
  }
}

/// Who was told that nobody answered, and what.
std::map<std::string, std::string> told_expired(const std::vector<Notification>& got) {
  std::map<std::string, std::string> told;
  for (const Notification& n : got) {
    if (n.what.notice != "expired") continue;
    EXPECT_TRUE(told.emplace(n.notifier, n.what.title + "\n" + n.what.text).second) << "once each";
  }
  return told;
}

TEST_F(AskedPeople, WhoWasAskedHearsThatNobodyAnswered) {
  for (const bool all_rungs : {false, true}) {
    Config config = on_a_ladder();
    config.workflows[0].review_within = all_rungs ? 20min : 5min;
    hand.got.clear();
    begin(config);
    rig->changes("/a", "bad");
    rig->settle();
    rig->pass(all_rungs ? 25min : 6min);
    rig->settle();
    ASSERT_EQ(rig->count("run.expired"), 1U);
    const auto told = told_expired(hand.got);
    EXPECT_EQ(told.size(), all_rungs ? 3U : 2U);
    EXPECT_EQ(told.count("phone"), all_rungs ? 1U : 0U) << "only rungs that were reached";
    ASSERT_TRUE(told.contains("mail"));
    EXPECT_NE(told.at("mail").find("Review 1: nobody answered, so the answer is no (fix on file:/a)\nNothing is done."),
              std::string::npos)
        << told.at("mail");
  }
}

/// The answer that takes something back is one that people must not learn of by chance.
TEST_F(AskedPeople, WhatAnUnansweredStepTakesBackIsTold) {
  for (const OnFailure on_failure : {OnFailure::roll_back, OnFailure::review}) {
    Config config = test::two_steps();
    config.workflows[0].steps = {Step{}, {Step::Approve{"", "is it quiet?", 15s, 2U}}, test::own("/q", "new")};
    config.workflows[0].on_failure = on_failure;
    config.notify = {{{.name = "ops"}}, {"ops"}};
    hand.got.clear();
    begin(config);
    rig->changes("/a", "bad");
    rig->settle();
    rig->pass(1min);
    rig->settle();
    const bool back = on_failure == OnFailure::roll_back;
    EXPECT_EQ(rig->count("run.rolled_back"), back ? 1U : 0U);
    const auto told = told_expired(hand.got);
    ASSERT_TRUE(told.contains("ops"));
    EXPECT_NE(told.at("ops").find(back ? "is taken back" : "stays; nothing more is done"), std::string::npos)
        << told.at("ops");
  }
}

}  // namespace
}  // namespace aright::engine
