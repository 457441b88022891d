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
  Result<Json> ask(Command command, Identity who) { return rig->ask(std::move(command), std::move(who)); }
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
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed control a: somebody else says yes to it"));
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
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed team ops"));
  rig->restart();
  rig->settle();
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed team ops"));
  EXPECT_TRUE(yes("bob"));
}

TEST_F(Editors, NorWhoTakesTheOthersOutOrSaysThatNobodyIsKeptApart) {
  make(asking({team_ops()}));
  breaks();
  Team alone = team_ops();
  alone.separate = false;
  reload(asking({alone}), "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed team ops"));
  alone.users = {"alice"};
  reload(asking({alone}), "alice");
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed team ops"));
  ASSERT_TRUE(ask(Reviewed{"team", "ops", "it is me"}, {1000, "alice", {}}));
  EXPECT_THAT(refused("alice"), HasSubstr("alice has changed team ops")) << "her own word is not another's";
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
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a"));
  EXPECT_THAT(refused("bob"), HasSubstr("has changed workflow fix"));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "fine"}, {1000, "alice", {}}));
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a"));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "seen, right"}, {1000, "bob", {}}));
  EXPECT_EQ(rig->last("definition.reviewed").at("by_another"), true);
  EXPECT_THAT(refused("bob"), HasSubstr("has changed workflow fix"));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, StayOnesWhateverIsChangedAfterwards) {
  Config config = asking({team_ops()});
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  config.controls[0].title = "another";
  reload(config, "dave");
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a")) << "the next one changed only its title";
  config.controls[0].title = "a third";
  rig->configure(config);
  rig->restart();
  rig->settle();
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a")) << "a start knows of nobody";
  const Control kept = config.controls[0];
  config.controls = {control("b", "/b", {{"content", "good"}})};
  reload(config, "alice");
  rig->restart();
  config.controls.push_back(kept);
  reload(config, "dave");
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a")) << "it was away and came back";
}

TEST_F(Editors, TwoWhoHaveBothChangedItConfirmEachOther) {
  Config config = asking({team_ops()});
  config.teams[0].users = {"alice", "bob"};
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  config.controls[0].desired.fields["content"] = "ours";
  reload(config, "bob");
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a"));
  EXPECT_THAT(refused("bob"), HasSubstr("has changed control a"));
  const auto said = ask(Reviewed{"control", "a", "bob's part is right"}, {1000, "alice", {}});
  ASSERT_TRUE(said);
  EXPECT_THAT(said->at("hint").get<std::string>(), HasSubstr("another's word"));
  EXPECT_THAT(refused("alice"), HasSubstr("has changed control a"));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "so is hers"}, {1000, "bob", {}}));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, OneWordOfTwoEditorsDoesNotPutTogetherWhatWasKeptApart) {
  Config config = asking({team_ops()});
  make(config);
  config.teams[0].users = {"alice", "bob"};
  reload(config, "alice");
  config.teams[0].separate = false;
  reload(config, "bob");
  breaks();
  ASSERT_TRUE(ask(Reviewed{"team", "ops", "his part is right"}, {1000, "alice", {}}));
  EXPECT_THAT(refused("alice"), HasSubstr("has changed team ops"));
  ASSERT_TRUE(ask(Reviewed{"team", "ops", "so is hers"}, {1000, "bob", {}}));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, RootWhoIsAMemberPassesOverTheOthersOnRecordToo) {
  Team team = team_ops();
  team.users.emplace_back("root");
  Config config = asking({team});
  config.workflows[0].mode = Mode::auto_;
  make(config);
  const Identity root{0, "root", {"root"}};
  const Identity alone{0, "root", {"root"}, true};
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "root");
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "ask"}, root));
  EXPECT_FALSE(ask(SetMode{"fix", Mode::auto_, "it is fine"}, root));
  ASSERT_TRUE(ask(SetMode{"fix", Mode::auto_, "it is fine"}, alone));
  EXPECT_EQ(rig->last("mode.set").at("break_glass"), true);
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "ask"}, root));
  breaks();
  EXPECT_THAT(ask(Approve{rig->review(), "mine"}, root).error().message, HasSubstr("root has changed control a"));
  ASSERT_TRUE(ask(Approve{rig->review(), "mine"}, alone));
  EXPECT_EQ(rig->last("review.decided").at("break_glass"), true);
}

/// The owner of a file of root's says nothing; who had it reloaded does.
TEST_F(Editors, RootIsOneWhoseFilesAreRootsToo) {
  owner = "root";
  Team team = team_ops();
  team.users.emplace_back("root");
  Config config = asking({team});
  config.controls[0].origin.owner = "root";
  config.workflows[0].origin.owner = "root";
  make(config);
  config.controls[0].desired.fields["content"] = "mine";
  config.workflows[0].steps[0].retry.times = 1;
  config.teams[0].users = {"alice", "bob", "root"};
  reload(config, "root");
  for (const char* kind : {"control a", "workflow fix", "team ops"}) {
    EXPECT_EQ(rig->core->projection().ages().editors(kind), std::vector<std::string>{"root"}) << kind;
  }
  breaks();
  EXPECT_THAT(refused("root"), HasSubstr("root has changed"));
  EXPECT_TRUE(yes("alice"));
}

TEST_F(Editors, DoNotLetTheWorkflowActWithoutBeingAskedEither) {
  Config config = asking({team_ops()});
  config.workflows[0].mode = Mode::auto_;
  make(config);
  const auto raise = [&](const std::string& user, bool untested = false, bool glass = false) {
    SetMode raised{"fix", Mode::auto_, "it is fine"};
    raised.untested = untested;
    const auto answer = ask(raised, {user == "root" ? 0U : 1000U, user, {}, glass});
    return answer ? "raised" : answer.error().message;
  };
  config.controls[0].desired.fields["content"] = "mine";
  reload(config, "alice");
  ASSERT_TRUE(ask(SetMode{"fix", Mode::plan, "look first"}, {1000, "alice", {}}));
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "then ask"}, {1000, "alice", {}})) << "it is asked about";
  EXPECT_THAT(raise("alice"), HasSubstr("alice has changed control a: somebody else says yes to it"));
  EXPECT_THAT(raise("alice", true), HasSubstr("alice has changed control a"));
  EXPECT_EQ(raise("bob"), "raised");
  EXPECT_EQ(raise("alice"), "raised") << "it is so already";
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "ask again"}, {1000, "alice", {}}));
  EXPECT_THAT(raise("alice"), HasSubstr("alice has changed control a"));
  EXPECT_EQ(raise("root", false, true), "raised") << "break-glass";
  EXPECT_EQ(rig->last("mode.set").at("break_glass"), true);
  ASSERT_TRUE(ask(SetMode{"fix", Mode::propose, "ask again"}, {1000, "alice", {}}));
  ASSERT_TRUE(ask(Reviewed{"control", "a", "seen, right"}, {1000, "bob", {}}));
  EXPECT_EQ(raise("alice"), "raised");
}

/// Its rows are compared with what its entries imply, by whatever version looks.
TEST(Ages, OfAnOlderLogAreWhatItsVersionMadeOfThem) {
  const auto take = [](Ages& ages, const char* kind, Json entry) {
    entry.update({{"definition", "control"}, {"name", "a"}, {"modified", "2026-01-01T00:00:00Z"}});
    DocReader in(entry, kind);
    ages.take(kind, WallTime{} + 24h * 365 * 60, in);
  };
  Ages ages;
  take(ages, "definition.loaded", {{"editors", {"alice"}}});
  take(ages, "definition.loaded", {{"editors", {"bob"}}});
  EXPECT_EQ(ages.editors("control a"), std::vector<std::string>{"bob"}) << "an entry names all whom it means";
  take(ages, "definition.removed", Json::object());
  EXPECT_TRUE(ages.empty());
}

TEST_F(Editors, OfATeamAreWhoChangedHowItDecides) {
  Config config = asking({team_ops()});
  make(config);
  config.teams[0].notifiers = {"mail"};
  config.teams[0].ladder = {{10min, {"mail"}, ""}};
  reload(config, "alice");
  breaks();
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
  EXPECT_THAT(refused("mia"), HasSubstr("has changed team managers"));
  EXPECT_TRUE(yes("bob"));
}

TEST_F(Editors, TheOwnerOfTheFileOfTeamsIsOneUnlessItIsRoot) {
  owner = "carol";
  make(asking({team_ops()}));
  breaks();
  EXPECT_THAT(refused("carol"), HasSubstr("carol has changed team ops"));
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
