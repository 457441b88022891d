// What may go: never what something open needs.
#include "engine/outdated.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core_rig_test.h"

namespace aright::engine::test {
namespace {

std::vector<std::string> names_of(const std::map<std::string, Blob>& blobs) {
  std::vector<std::string> names;
  for (const auto& [id, blob] : blobs) names.push_back(id);
  return names;
}

class OneHeldRun : public testing::Test {
 protected:
  OneHeldRun() : rig_(asking()) {
    rig_.start();
    rig_.settle();
    rig_.changes("/a", "bad");
    rig_.settle();
  }
  static Config asking() {
    Config config = one_file();
    config.workflows[0].mode = Mode::propose;
    return config;
  }
  Rig rig_;
};

TEST_F(OneHeldRun, NeedsItsContentsAndItsRows) {
  ASSERT_EQ(rig_.core->projection().runs().at(1).state, RunState::held);
  ASSERT_FALSE(rig_.blobs.empty());
  Outdated all{names_of(rig_.blobs), {{"run", "000000000001"}, {"review", "000000000001"}, {"run", "rubbish"}}, {}};
  const auto answer = rig_.ask(Forget{all});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("contents"), 0);
  EXPECT_EQ(answer->at("rows"), 0);
  EXPECT_EQ(rig_.count("retention.applied"), 0U) << "nothing went";
}

TEST_F(OneHeldRun, WhenItIsOverAllOfItMayGo) {
  ASSERT_TRUE(rig_.ask(Deny{1, "no"}));
  Outdated all{names_of(rig_.blobs), {{"run", "000000000001"}, {"review", "000000000001"}}, rig_.now.wall};
  const auto answer = rig_.ask(Forget{all});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("contents"), all.contents.size());
  const Json entry = rig_.last("retention.applied");
  EXPECT_EQ(entry.at("rows"), (Json{{"review", 1}, {"run", 1}}));
  EXPECT_EQ(entry.at("rows_before"), rfc3339(rig_.now.wall));
}

TEST_F(OneHeldRun, ErasingIsRefusedWhileARunIsAboutIt) {
  const auto refused = rig_.ask(Erase{"file:/a", "a wish", names_of(rig_.blobs)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("aright runs cancel 1"), std::string::npos) << refused.error().message;
  ASSERT_TRUE(rig_.ask(Deny{1, "no"}));
  const auto erased = rig_.ask(Erase{"file:/a", "a wish", names_of(rig_.blobs)});
  ASSERT_TRUE(erased) << erased.error().message;
  const Json entry = rig_.last("contents.erased");
  EXPECT_EQ(entry.at("subject"), "file:/a");
  EXPECT_EQ(entry.at("by"), "alice");
  EXPECT_EQ(entry.at("reason"), "a wish");
}

TEST_F(OneHeldRun, TwoWishesOfOneRoundAreBothGranted) {
  ASSERT_TRUE(rig_.ask(Deny{1, "no"}));
  const std::vector<std::string> names = names_of(rig_.blobs);
  ASSERT_GE(names.size(), 2U);
  std::vector<Input> wishes;
  wishes.emplace_back(Asked{1, Forget{{{names[0]}, {}, {}}}, {0, "aright", {}}});
  wishes.emplace_back(Asked{2, Erase{"file:/a", "a wish", {names[1]}}, {1000, "alice", {}}});
  const Output out = rig_.core->handle(std::move(wishes), rig_.now);
  EXPECT_EQ(out.gone.contents, (std::vector{names[0], names[1]}));
}

TEST_F(OneHeldRun, MoreThanMayGoAtOnceIsSaid) {
  ASSERT_TRUE(rig_.ask(Deny{1, "no"}));
  const auto erased = rig_.ask(Erase{"file:/a", "a wish", {rig_.blobs.begin()->first}, true});
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_NE(erased->value("note", "").find("ask again"), std::string::npos) << erased->dump();
}

TEST_F(OneHeldRun, ErasingNothingSaysSo) {
  const auto nothing = rig_.ask(Erase{"file:/none", "a wish", {}});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::not_found);
}

TEST_F(OneHeldRun, AfterARestartTheLogReadsAsBefore) {
  ASSERT_TRUE(rig_.ask(Deny{1, "no"}));
  ASSERT_TRUE(rig_.ask(Erase{"file:/a", "a wish", names_of(rig_.blobs)}));
  rig_.blobs.clear();
  rig_.restart();
  rig_.settle();
  EXPECT_EQ(rig_.core->projection().findings().size(), 1U);
}

}  // namespace
}  // namespace aright::engine::test
