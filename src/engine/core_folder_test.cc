// Controls of a folder: what has gone is no member. And what was lost on the way is read again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

Config folder(Mode mode, Json desired) {
  Config config = one_file();
  config.controls[0].select = {};
  config.controls[0].select.within = {"/d"};
  config.controls[0].desired.fields = std::move(desired);
  config.workflows[0].mode = mode;
  return config;
}

class Gone : public ::testing::TestWithParam<Json> {};
INSTANTIATE_TEST_SUITE_P(Folder, Gone,
                         ::testing::Values(Json{{"exists", true}, {"mode", "0600"}},
                                           Json{{"exists", true}, {"content", "good"}}));

TEST_P(Gone, IsNoMemberOfAFolder) {
  Rig rig(folder(Mode::auto_, GetParam()));
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.hint("/d/f");
  rig.settle();
  ASSERT_EQ(rig.count("run.succeeded"), 1U);
  rig.driver.states.erase("/d/f");
  rig.hint("/d/f");
  rig.pass(1min);
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_FALSE(rig.driver.states.contains("/d/f"));
}

TEST_P(Gone, ResolvesItsFindingAndEndsAProposal) {
  Rig rig(folder(Mode::propose, GetParam()));
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.hint("/d/f");
  rig.settle();
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  rig.driver.states.erase("/d/f");
  rig.hint("/d/f");
  rig.settle();
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "gone");
  EXPECT_TRUE(rig.core->projection().reviews().empty());
}

TEST_P(Gone, BetweenReadingAndPlanningIsNotMadeAgain) {
  Rig rig(folder(Mode::auto_, GetParam()));
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.settle();
  rig.hint("/d/f");
  rig.one();  // read as wrong: a run begins to plan
  rig.driver.states.erase("/d/f");
  rig.settle();
  EXPECT_EQ(rig.count("step.intended"), 0U);
  EXPECT_FALSE(rig.driver.states.contains("/d/f"));
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "gone");
}

TEST(Folder, APathThatIsAlsoNamedIsRestored) {
  Config config = folder(Mode::auto_, {{"exists", true}, {"content", "good"}});
  config.controls[0].select.ids = {"/d/f"};
  Rig rig(config);
  rig.start();
  rig.settle();
  rig.hint("/d/f");
  rig.settle();
  EXPECT_TRUE(rig.driver.state("/d/f").at("exists"));
}

TEST(List, IsReadAgainWhenAMemberComes) {
  Rig rig(folder(Mode::auto_, {{"exists", true}, {"content", "good"}}));
  rig.start();
  rig.pass(1h);  // nobody looks more often than every few minutes by now
  ASSERT_TRUE(rig.core->troubles().contains("list of control a"));
  rig.driver.states["/d/f"] = file("bad");
  rig.driver.members = {"/d/f"};
  rig.hint("/d/f");
  rig.settle();
  EXPECT_TRUE(rig.core->troubles().empty()) << "the list is not empty";
  EXPECT_EQ(rig.count("control.conclusive"), 1U);
  EXPECT_EQ(rig.driver.state("/d/f"), file("good"));
}

TEST(Gap, ReadsWhatFindingsAreOpenOnAndIsTold) {
  Rig rig(folder(Mode::plan, {{"mode", "0600"}}));
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.hint("/d/f");
  rig.settle();
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  rig.driver.states.erase("/d/f");
  Hint lost;
  lost.source = "watch";
  lost.what = Hint::What::read_all;
  lost.note = "the kernel's queue was full";
  rig.feed(lost);
  rig.settle();
  EXPECT_TRUE(rig.core->projection().findings().empty());
  EXPECT_THAT(rig.told, Contains(HasSubstr("watch has lost track, everything is read again: the kernel's queue")));
}

TEST(Rescan, ReadsWhatFindingsAreOpenOn) {
  Rig rig(folder(Mode::plan, {{"mode", "0600"}}));
  rig.driver.states["/d/f"] = file("bad");
  rig.start();
  rig.hint("/d/f");
  rig.settle();
  rig.driver.states.erase("/d/f");
  ASSERT_TRUE(rig.ask(Rescan{}));
  rig.settle();
  EXPECT_TRUE(rig.core->projection().findings().empty());
}

TEST(Space, IsToldWhenItEndsAndWhenItIsBack) {
  Rig rig(one_file());
  rig.start();
  rig.feed(SpaceSeen{true});
  EXPECT_THAT(rig.told.back(), HasSubstr("the disk of the state folder is full"));
  rig.feed(SpaceSeen{false});
  EXPECT_THAT(rig.told, Contains(HasSubstr("has room again")));
}

}  // namespace
}  // namespace aright::engine::test
