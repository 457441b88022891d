// What a definition's age does, and who hears of it (docs/decisions/0185).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_notify_rig_test.h"
#include "core_teams_rig_test.h"
#include "engine/growing_old.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class GrowingOld : public Teams {
 protected:
  /// The workflow was changed last so long ago.
  void old(Nanos age, Config config) {
    rig = std::make_unique<Rig>(config);
    rig->notify = &hand;
    config.workflows[0].origin.modified = rig->now.wall - age;
    rig->configure(config);
    rig->start();
    rig->settle();
  }
  /// Of notices of this word: who was told, and what.
  [[nodiscard]] std::vector<std::string> told(const std::string& notice) const {
    std::vector<std::string> lines;
    for (const Notification& n : hand.got) {
      if (n.what.notice == notice) lines.push_back(n.notifier + ": " + n.what.title);
    }
    return lines;
  }
  SomebodyToTell hand;
};

TEST_F(GrowingOld, WhatNobodyHasLookedAtForLongOnlyProposesUntilSomebodyDoes) {
  Config config = one_file();
  config.teams = {team_ops()};
  rig = std::make_unique<Rig>(config);
  config.workflows[0].origin.modified = rig->now.wall - 24h * 269;
  rig->configure(config);
  rig->start();
  rig->settle();
  EXPECT_EQ(rig->core->mode_of(config.workflows[0]), Mode::auto_);
  rig->now.wall += 26h;
  rig->now.boot += 26h;
  rig->feed(Asked{1, Rescan{}, {1000, "alice", {}}});
  ASSERT_EQ(rig->count("definition.overdue"), 1U);
  EXPECT_EQ(rig->core->mode_of(config.workflows[0]), Mode::propose);
  rig->restart();
  rig->settle();
  EXPECT_EQ(rig->count("definition.overdue"), 1U);
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_EQ(rig->last("run.held").at("guard"), "mode");
  EXPECT_FALSE(ask(Reviewed{"workflow", "fix", "fine"}, {1000, "mallory", {}}));
  ASSERT_TRUE(ask(Reviewed{"workflow", "fix", "fine"}, {1000, "alice", {}}));
  EXPECT_EQ(rig->core->mode_of(config.workflows[0]), Mode::auto_);
}

TEST_F(GrowingOld, AControlsAgeIsToldAsThat) {
  Config config = one_file();
  config.teams = {team_ops()};
  config.controls[0].owner = "ops";
  rig = std::make_unique<Rig>(config);
  config.controls[0].origin.modified = rig->now.wall - 24h * 300;
  rig->configure(config);
  rig->start();
  rig->settle();
  ASSERT_EQ(rig->last("definition.overdue").at("definition"), "control");
  rig->changes("/a", "bad");
  rig->settle();
  EXPECT_THAT(rig->last("run.held").at("reason").get<std::string>(),
              testing::AllOf(HasSubstr("mode: its control goes no further than mode propose: a person approves; nobody "
                                       "has changed or reviewed it since "),
                             HasSubstr("`aright controls reviewed a --reason"), testing::Not(HasSubstr("source"))));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "fine"}, {1000, "alice", {}}));
  ASSERT_TRUE(ask(Approve{rig->review(), "go"}, {1000, "alice", {}}));
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

Config owned_by(Team team) {
  Config config = one_file();
  config.workflows[0].owner = team.name;
  config.teams = {std::move(team)};
  config.notify = {{{.name = "mail"}, {.name = "chat"}, {.name = "all"}}, {"all"}};
  return config;
}

Team team_with(std::vector<std::string> notifiers, std::vector<Rung> ladder = {}) {
  Team team = team_ops();
  team.notifiers = std::move(notifiers);
  team.ladder = std::move(ladder);
  return team;
}

TEST_F(GrowingOld, ItIsToldWhenItsTimeIsOverOnceAndWhenItsGraceIs) {
  old(24h * 179, owned_by(team_with({"mail"})));
  rig->pass(2h);
  EXPECT_EQ(rig->count("definition.due"), 0U);
  rig->now.wall += 24h;
  rig->now.boot += 24h;
  rig->pass(3h);
  EXPECT_EQ(rig->count("definition.due"), 1U);
  EXPECT_THAT(hand.got.back().what.text, HasSubstr("`aright workflows reviewed fix --reason …`"));
  rig->restart();
  rig->pass(3h);
  EXPECT_EQ(rig->count("definition.due"), 1U) << "neither with each look nor after a restart";
  EXPECT_THAT(told("due"), ElementsAre("mail: workflow fix has to be looked at"));
  EXPECT_THAT(rig->told, testing::Contains(HasSubstr("workflow fix: nobody has changed or reviewed it since")));
  const auto due = due_texts(rig->core->config(), rig->core->projection().ages());
  ASSERT_TRUE(due.contains("workflow fix"));
  EXPECT_THAT(due.at("workflow fix"), HasSubstr("on it only proposes"));
  EXPECT_EQ(rig->core->mode_of(rig->core->config().workflows[0]), Mode::auto_);
  rig->now.wall += 24h * 90;
  rig->now.boot += 24h * 90;
  rig->pass(2h);
  EXPECT_THAT(told("overdue"), ElementsAre("mail: workflow fix goes no further than propose"));
  ASSERT_TRUE(ask(Reviewed{"workflow", "fix", "fine"}, {1000, "alice", {}}));
  EXPECT_TRUE(due_texts(rig->core->config(), rig->core->projection().ages()).empty());
  rig->pass(2h);
  EXPECT_EQ(rig->count("definition.due"), 1U);
}

TEST_F(GrowingOld, WhoHearsOfItIsTheOwnerElseWhoHearsOfAll) {
  Config nobodys = owned_by(team_with({"mail"}));
  nobodys.workflows[0].owner.clear();
  const std::string what = ": workflow fix has to be looked at";
  for (const auto& [config, expected] :
       {std::pair(owned_by(team_with({"mail"}, {{1h, {"chat"}, ""}})), "mail"),
        std::pair(owned_by(team_with({}, {{1h, {"chat"}, ""}, {1h, {"mail"}, ""}})), "chat"),
        std::pair(owned_by(team_with({})), "all"), std::pair(nobodys, "all")}) {
    hand.got.clear();
    old(24h * 181, config);
    EXPECT_THAT(told("due"), ElementsAre(expected + what));
  }
}

}  // namespace
}  // namespace aright::engine::test
