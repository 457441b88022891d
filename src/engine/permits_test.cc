// With teams: who may undo, retry, waive, erase and raise, and that whoever only may ask cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/undo_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Team team_called(const std::string& name, const std::string& user) {
  Team team;
  team.name = name;
  team.users = {user};
  return team;
}

/// The workflow is of team ops (alice), the control of nobody or of team sec (carol).
Config owned(const std::string& control_owner = {}) {
  Config config = one_file();
  config.teams = {team_called("ops", "alice"), team_called("sec", "carol")};
  config.workflows[0].owner = "ops";
  config.controls[0].owner = control_owner;
  return config;
}

const Identity root_alone{0, "root", {"root"}, true};

class PermitsTest : public testing::Test {
 protected:
  void make(Config config) {
    rig = std::make_unique<UndoRig>(std::move(config));
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
  }
  Result<Json> as(const Identity& who, Command command) { return rig->ask(std::move(command), who); }
  Result<Json> as(const std::string& user, Command command) { return as(Identity{1000, user, {}}, std::move(command)); }
  [[nodiscard]] UndoRun undo(std::optional<Nanos> span = {}) const {
    return UndoRun{.run = 1, .reason = "it was right", .waive = span, .source = rig->source(1)};
  }
  static Waive exception() { return Waive{"a", "file:/a", "known", {}, Nanos{1h}}; }
  static void expect_denied(const Result<Json>& answer, const std::string& who_may) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::denied) << answer.error().message;
    EXPECT_THAT(answer.error().message, HasSubstr(who_may));
  }
  std::unique_ptr<UndoRig> rig;
};

TEST_F(PermitsTest, AnUndoIsForWhoDecidesTheReviewsOfItsWorkflow) {
  make(owned());
  const std::size_t before = rig->entries.size();
  expect_denied(as("mallory", undo(24h)), "team ops (user alice)");
  EXPECT_EQ(rig->entries.size(), before) << "nothing of it is done";
  expect_denied(as(Identity{0, "root", {"root"}}, undo()), "--break-glass");
  ASSERT_TRUE(as("alice", undo(24h)));
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  EXPECT_FALSE(rig->run_row(2).contains("break_glass"));
}

TEST_F(PermitsTest, LookingWhatAnUndoWouldDoIsAnybodys) {
  make(owned());
  UndoRun look = undo();
  look.plan_only = true;
  rig->feed(Asked{1, look, {1000, "mallory", {}}});
  rig->settle();
  ASSERT_EQ(rig->answers.size(), 1U);
  EXPECT_TRUE(rig->answers.back());
}

TEST_F(PermitsTest, RootUndoesByBreakGlassWhichIsOnRecordAndTold) {
  make(owned());
  ASSERT_TRUE(as(root_alone, undo()));
  EXPECT_EQ(rig->last("run.created").at("break_glass"), true);
  EXPECT_THAT(rig->told, testing::Contains(HasSubstr("root asks to undo run 1 alone, by break-glass: it was right")));
}

TEST_F(PermitsTest, EveryTeamThatIsPassedOverIsTold) {
  Config config = owned("sec");
  config.teams[0].notifiers = {"ops-mail"};
  config.teams[1].notifiers = {"sec-mail"};
  config.notify.notifiers = {{.name = "ops-mail"}, {.name = "sec-mail"}};
  make(config);
  const auto told = [&] {
    std::map<std::string, Json> all;
    for (const Json& entry : rig->entries) {
      if (entry.value("notice", "") == "break-glass") all[entry.at("notifier").get<std::string>()] = entry;
    }
    return all;
  };
  ASSERT_TRUE(as(root_alone, undo(48h)));
  ASSERT_EQ(told().size(), 2U) << "the workflow's and the control's";
  EXPECT_EQ(told().at("ops-mail").at("run"), 2) << "its undo";
  EXPECT_EQ(told().at("sec-mail").at("title"), "root asks to undo run 1 alone, by break-glass");
}

TEST_F(PermitsTest, AMemberWhoWaivesForLongPassesOverTheControlsTeamOnly) {
  Config config = owned("sec");
  config.teams[0].users.emplace_back("root");
  config.teams[0].notifiers = {"ops-mail"};
  config.teams[1].notifiers = {"sec-mail"};
  config.notify.notifiers = {{.name = "ops-mail"}, {.name = "sec-mail"}};
  config.workflows[0].mode = Mode::propose;
  make(config);
  ASSERT_TRUE(as(root_alone, Deny{rig->review(), "not this", {}, Nanos{48h}}));
  EXPECT_FALSE(rig->last("review.decided").contains("break_glass")) << "he may deny";
  EXPECT_EQ(rig->last("waiver.granted").at("break_glass"), true);
  const Json told = rig->last("notification.queued");
  EXPECT_EQ(told.at("notifier"), "sec-mail");
  EXPECT_EQ(told.at("title"), "root denies review 1 with a waiver for 2d alone, by break-glass");
}

TEST_F(PermitsTest, AWaiverIsForTheControlsOwnerEvenWhereAnotherTeamAnswersIt) {
  make(owned("sec"));
  expect_denied(as("mallory", exception()), "team sec (user carol)");
  expect_denied(as("alice", exception()), "team sec (user carol)");
  ASSERT_TRUE(as("carol", exception()));
  expect_denied(as("alice", Unwaive{1, "act again"}), "team sec (user carol)");
  ASSERT_TRUE(as(root_alone, Unwaive{1, "act again"}));
  EXPECT_EQ(rig->last("waiver.ended").at("break_glass"), true);
}

TEST_F(PermitsTest, OfAControlWithoutAnOwnerTheyAreThoseWhoAnswerIt) {
  make(owned());
  expect_denied(as("carol", exception()), "team ops (user alice)");
  ASSERT_TRUE(as("alice", exception()));
  EXPECT_FALSE(rig->last("waiver.granted").contains("break_glass"));
}

TEST_F(PermitsTest, OfAControlThatNobodyOwnsOrAnswersAnyMemberButNoOutsider) {
  Config config = owned();
  config.workflows.clear();
  make(std::move(config));
  expect_denied(as("mallory", exception()), "team ops (user alice), team sec (user carol)");
  ASSERT_TRUE(as("carol", exception()));
}

TEST_F(PermitsTest, AWaiverThatComesWithADecisionIsShortOrAskedLikeAnyOther) {
  Config config = owned("sec");
  make(config);
  expect_denied(as("alice", undo(25h)), "team sec (user carol)");
  ASSERT_TRUE(as("alice", undo(24h)));
  config.workflows[0].mode = Mode::propose;
  make(config);
  expect_denied(as("alice", Deny{rig->review(), "no", {}, Nanos{48h}}), "team sec (user carol)");
  ASSERT_TRUE(as("alice", Deny{rig->review(), "no", {}, Nanos{24h}}));
  EXPECT_EQ(rig->count("waiver.granted"), 1U);
}

TEST_F(PermitsTest, ARetryIsForWhoDecidesTheReviewsOfItsWorkflow) {
  Config config = owned();
  config.workflows[0].mode = Mode::propose;
  make(std::move(config));
  const std::string finding = rig->last("finding.opened").at("finding").get<std::string>();
  ASSERT_TRUE(as("mallory", CancelRun{1, "stop it"})) << "stopping is anybody's";
  rig->settle();
  expect_denied(as("mallory", RetryRun{1, finding, "fix", "again"}), "team ops (user alice)");
  EXPECT_EQ(rig->count("run.created"), 1U);
  rig->feed(Asked{1, RetryRun{1, finding, "fix", "again"}, {1000, "alice", {}}});
  rig->settle();
  EXPECT_EQ(rig->count("retry.asked"), 1U);
}

TEST_F(PermitsTest, ErasingTakesAMemberOfEveryTeamWhoseItIs) {
  make(owned("sec"));
  std::vector<std::string> all;
  for (const auto& [id, blob] : rig->blobs) all.push_back(id);
  const Erase wish{"file:/a", "a wish", all, false, {"fix"}, {"a"}};
  expect_denied(as("mallory", wish), "team ops (user alice)");
  expect_denied(as("alice", wish), "team sec (user carol)");
  expect_denied(as("carol", wish), "team ops (user alice)");
  EXPECT_EQ(rig->count("contents.erased"), 0U);
  ASSERT_TRUE(as(root_alone, wish));
  EXPECT_EQ(rig->last("contents.erased").at("break_glass"), true);
}

TEST_F(PermitsTest, OfWhatNobodyOwnsAnyMoreAnyMemberErasesButNoOutsider) {
  make(owned());
  std::vector<std::string> all;
  for (const auto& [id, blob] : rig->blobs) all.push_back(id);
  const Erase wish{"file:/a", "a wish", all, false, {"gone"}, {"gone"}};
  expect_denied(as("mallory", wish), "team ops (user alice), team sec (user carol)");
  ASSERT_TRUE(as("carol", wish));
}

TEST_F(PermitsTest, RaisingByBreakGlassIsOnRecordAndLoweringIsAnybodys) {
  make(owned());
  ASSERT_TRUE(as("mallory", SetMode{"fix", Mode::plan, "stop"}));
  expect_denied(as("mallory", SetMode{"fix", Mode::propose, "go on"}), "team ops (user alice)");
  make(owned());
  expect_denied(as("mallory", SetMode{"fix", Mode::auto_, "it may, untested", true}), "team ops (user alice)");
  ASSERT_TRUE(as("mallory", SetMode{"fix", Mode::plan, "stop"}));
  ASSERT_TRUE(as(root_alone, SetMode{"fix", Mode::propose, "go on"}));
  EXPECT_EQ(rig->last("mode.set").at("break_glass"), true);
}

TEST_F(PermitsTest, WithoutTeamsNothingIsAsked) {
  make(one_file());
  ASSERT_TRUE(as("mallory", undo(48h)));
  rig->settle();
  EXPECT_EQ(rig->driver.state("/a"), file("bad"));
  ASSERT_TRUE(as("mallory", Unwaive{1, "act again"}));
}

/// What a denial by `who` proposes for a file of this name.
Json proposed(Config config, const std::string& path, const Identity& who) {
  for (Control& control : config.controls) control.select.ids = {path};
  config.workflows.at(0).mode = Mode::propose;
  Rig rig(config);
  rig.start();
  rig.changes(path, "bad");
  rig.settle();
  auto answer = rig.ask(Deny{rig.review(), "no"}, who);
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(rig.core->projection().waivers().empty());
  return answer.value_or(Json());
}

TEST(DenialProposes, TheWaiverThatWhoDeniedMayMakeElseWhoMay) {
  const Identity alice{1000, "alice", {}};
  const std::string command = "aright waivers add a file:/a --for 24h --reason WHY";
  EXPECT_EQ(proposed(one_file(), "/a", alice).at("suggests"), command);
  const Json his = proposed(owned(), "/a", alice);
  EXPECT_EQ(his.at("suggests"), command) << "who answers the control waives it where nobody owns that";
  EXPECT_FALSE(his.contains("next_time"));
  const Json of_others = proposed(owned("sec"), "/a", alice);
  EXPECT_EQ(of_others.at("suggests"), "team sec may: " + command);
  EXPECT_THAT(of_others.at("next_time").get<std::string>(), HasSubstr("--waive 24h"));
  EXPECT_EQ(proposed(owned("sec"), "/a", root_alone).at("suggests"), command + " --break-glass");
}

/// Whoever is told a command pastes it.
TEST(DenialProposes, AShellReadsTheSubjectAsOneWord) {
  const auto subject = [](const std::string& path) {
    const std::string text = proposed(one_file(), path, {1000, "alice", {}}).value("suggests", "");
    return text.empty() ? text : text.substr(text.find(" a ") + 3, text.find(" --for") - text.find(" a ") - 3);
  };
  EXPECT_EQ(subject("/etc/my file.txt"), "'file:/etc/my file.txt'");
  EXPECT_EQ(subject("/etc/it's $(x)"), R"('file:/etc/it'\''s $(x)')");
  EXPECT_EQ(subject("/etc/a\nb"), "") << "it cannot be shown as it is";
}

}  // namespace
}  // namespace aright::engine::test
