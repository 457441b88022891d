// Whoever changed last what decides about a run does not approve it: its workflow, its control, or the team.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Team team_ops(std::uint32_t quorum = 1) {
  Team team;
  team.name = "ops";
  team.users = {"alice", "bob", "carol"};
  team.quorum = quorum;
  return team;
}

Config asking(std::vector<Team> teams) {
  Config config = one_file();
  config.workflows[0].mode = Mode::propose;
  config.workflows[0].review_within = 48h;
  config.teams = std::move(teams);
  return config;
}

class Editors : public testing::Test {
 protected:
  void make(const Config& config) {
    rig = std::make_unique<Rig>(config);
    rig->remembered.teams.owner = owner;
    rig->start();
    rig->settle();
  }
  void reload(const Config& config, const std::string& who) {
    ASSERT_TRUE(rig->ask(Reload{config, nullptr, {}, rig->remembered.teams}, who));
    rig->configure(config);
    rig->settle();
  }
  void breaks() {
    rig->changes("/a", "bad");
    rig->settle();
  }
  Result<Json> ask(Command command, Identity who) {
    rig->feed(Asked{1, std::move(command), std::move(who)});
    auto answer = rig->answers.back();
    return answer;
  }
  Result<Json> yes(const std::string& user) { return ask(Approve{rig->review(), "looks right"}, {1000, user, {}}); }
  std::string refused(const std::string& user) {
    const auto answer = yes(user);
    return answer ? "it was approved" : answer.error().message;
  }
  std::string owner;
  std::unique_ptr<Rig> rig;
};

TEST_F(Editors, WhoChangedTheControlDoesNotApproveWhatItDemands) {
  Config config = asking({team_ops()});
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed control a last: somebody else says yes to it"));
  EXPECT_THAT(refused("alice"), HasSubstr("`aright controls reviewed a --reason …`"));
  ASSERT_TRUE(yes("bob"));
  EXPECT_EQ(rig->last("review.approved").at("editors"), Json({"alice"}));
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a").at("content"), "mine");
}

TEST_F(Editors, WhoLowersAQuorumIsNotTheOneWhoReachesIt) {
  make(asking({team_ops(2)}));
  breaks();
  reload(asking({team_ops(1)}), "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed team ops last"));
  rig->restart();
  rig->settle();
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed team ops last"));
  EXPECT_TRUE(yes("bob"));
}

TEST_F(Editors, NorWhoTakesTheOthersOutOrSaysThatNobodyIsKeptApart) {
  make(asking({team_ops()}));
  breaks();
  Team alone = team_ops();
  alone.separate = false;
  reload(asking({alone}), "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed team ops last"));
  alone.users = {"alice"};
  reload(asking({alone}), "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed team ops last"));
  ASSERT_TRUE(ask(Reviewed{"team", "ops", "it is me"}, {1000, "alice", {}}));
  EXPECT_THAT(refused("alice"), HasSubstr("alice changed team ops last")) << "her own word is not another's";
  EXPECT_FALSE(ask(Reviewed{"team", "ops", "fine"}, {1000, "bob", {}})) << "he is no member any more";
  ASSERT_TRUE(ask(Reviewed{"team", "ops", "she is alone now"}, {0, "root", {"root"}, true}));
  rig->restart();
  rig->settle();
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, AnotherOneWhoHasLookedLetsTheEditorApprove) {
  Config config = asking({team_ops()});
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  config.workflows[0].steps[0].retry.times = 1;
  reload(config, "bob");
  config.teams[0].users = {"alice", "bob"};
  reload(config, "root");
  breaks();
  EXPECT_THAT(refused("alice"), HasSubstr("changed control a last"));
  EXPECT_THAT(refused("bob"), HasSubstr("changed workflow fix last"));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "fine"}, {1000, "alice", {}}));
  EXPECT_THAT(refused("alice"), HasSubstr("changed control a last"));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "seen, right"}, {1000, "bob", {}}));
  EXPECT_EQ(rig->last("definition.reviewed").at("by_another"), true);
  EXPECT_THAT(refused("bob"), HasSubstr("changed workflow fix last"));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, OfATeamThatMayDecideTooAreKnownAsWell) {
  Team ops = team_ops();
  ops.ladder = {{10min, {}, "managers"}};
  Team managers;
  managers.name = "managers";
  managers.users = {"mia"};
  make(asking({ops, managers}));
  managers.users = {"mia", "alice"};
  reload(asking({ops, managers}), "mia");
  breaks();
  rig->pass(11min);
  EXPECT_THAT(refused("mia"), HasSubstr("changed team managers last"));
  EXPECT_TRUE(yes("bob"));
}

TEST_F(Editors, TheOwnerOfTheFileOfTeamsIsOneUnlessItIsRoot) {
  owner = "carol";
  make(asking({team_ops()}));
  breaks();
  EXPECT_THAT(refused("carol"), HasSubstr("carol changed team ops last"));
  owner = "root";
  make(asking({team_ops()}));
  breaks();
  EXPECT_TRUE(yes("carol"));
}

TEST_F(Editors, OnePersonAloneApprovesWithoutTeamsAndInATeamOfOne) {
  owner = "alice";
  Config config = asking({});
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  breaks();
  EXPECT_TRUE(yes("alice"));
  Team one = team_ops();
  one.users = {"alice"};
  config = asking({one});
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  config.teams[0].notifiers = {"mail"};
  reload(config, "alice");
  breaks();
  EXPECT_TRUE(yes("alice"));
}

}  // namespace
}  // namespace aright::engine::test
