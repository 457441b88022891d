// What root decides alone, by break-glass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core_teams_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Alone : public Teams {};

TEST_F(Alone, RootDecidesAloneOnlyAsBreakGlassAndThatIsOnRecord) {
  make(asking(team_ops(2)));
  const auto refused = ask(Approve{rig->review(), "now"}, {0, "root", {"root"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--break-glass"));
  const auto let = ask(Approve{rig->review(), "the site is down"}, {0, "root", {"root"}, true});
  ASSERT_TRUE(let);
  EXPECT_EQ(let->value("alone", ""), "root, by break-glass");
  EXPECT_FALSE(let->contains("approvals")) << "none of those who are asked has said yes";
  EXPECT_EQ(rig->last("review.decided").at("break_glass"), true);
  rig->settle();
  EXPECT_EQ(rig->count("run.succeeded"), 1U);
}

TEST_F(Alone, ThoseWhoWerePassedOverAreTold) {
  Team team = team_ops();
  team.ladder = {{1h, {"mail"}, ""}, {1h, {}, "second"}};
  Team second = team_ops();
  second.name = "second";
  second.notifiers = {"phone"};
  Config config = asking(team);
  config.teams.push_back(second);
  config.notify.notifiers = {{.name = "mail"}, {.name = "phone"}, {.name = "all"}};
  config.notify.defaults = {"all"};
  make(config);
  const Identity root{0, "root", {"root"}, true};
  const auto told = [&] {
    std::set<std::string> all;
    for (const Json& entry : rig->entries) {
      if (entry.value("notice", "") == "break-glass") {
        all.insert(entry.at("notifier").get<std::string>() + ": " + entry.at("title").get<std::string>());
      }
    }
    return all;
  };
  ASSERT_TRUE(ask(Waive{"a", "/a", "not now", {}, 1h}, {1000, "alice", {}}));
  EXPECT_TRUE(told().empty()) << "a member";
  ASSERT_TRUE(ask(Unwaive{1, "after all"}, root));
  const std::string ends = ": root ends waiver 1 alone, by break-glass";
  EXPECT_EQ(told(), (std::set{"all" + ends, "mail" + ends, "phone" + ends}));
  EXPECT_FALSE(ask(Unwaive{7, "no such"}, root));
  EXPECT_EQ(told().size(), 3U) << "nothing came of it";
}

TEST_F(Alone, WhatPassesNobodyOverIsNone) {
  Team team = team_ops(2);
  team.users.emplace_back("root");
  make(asking(team));
  ASSERT_TRUE(yes("alice"));
  ASSERT_TRUE(ask(Approve{rig->review(), "the second yes"}, {0, "root", {"root"}, true}));
  EXPECT_FALSE(rig->last("review.decided").contains("break_glass")) << "it took one more";
  make(asking(team));
  ASSERT_TRUE(ask(Approve{rig->review(), "now"}, {0, "root", {"root"}, true}));
  EXPECT_EQ(rig->last("review.decided").at("break_glass"), true);
}

TEST_F(Alone, ANoByBreakGlassIsOnRecordAsSuchToo) {
  make(asking(team_ops()));
  const Identity root{0, "root", {"root"}, true};
  ASSERT_TRUE(ask(Acknowledge{rig->review(), "seen"}, root));
  EXPECT_EQ(rig->last("review.acknowledged").at("break_glass"), true);
  ASSERT_TRUE(ask(Deny{rig->review(), "not now"}, root));
  EXPECT_EQ(rig->last("review.decided").at("break_glass"), true);
  make(asking(team_ops()));
  ASSERT_TRUE(ask(Deny{rig->review(), "not now"}, {1000, "alice", {}, true}));
  EXPECT_FALSE(rig->last("review.decided").contains("break_glass")) << "a member needs none";
}

}  // namespace
}  // namespace aright::engine::test
