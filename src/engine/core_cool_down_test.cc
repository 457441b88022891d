// Several findings that wait for one cool-down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

class CoolDownRig : public Rig {
 public:
  explicit CoolDownRig(Config config) : Rig(std::move(config)) {
    for (const char* path : {"/a", "/b", "/c", "/d"}) driver.states[path] = file("good");
    start();
    settle();
  }
  void breaks(const std::string& path) {
    changes(path, "bad");
    settle();
  }
  [[nodiscard]] std::vector<std::string> begun() const {
    std::vector<std::string> controls;
    for (const Json& e : entries) {
      if (e.at("kind") == "run.running") controls.push_back(core_names.at(e.at("run").get<std::size_t>() - 1));
    }
    return controls;
  }
  void name_runs() {
    for (const Json& e : entries) {
      if (e.at("kind") == "run.created") core_names.push_back(e.at("control").get<std::string>());
    }
  }

 private:
  std::vector<std::string> core_names;
};

Config four_cooled() {
  Config config;
  for (const char* name : {"a", "b", "c", "d"}) {
    config.controls.push_back(control(name, std::string("/") + name, {{"content", "good"}}));
  }
  config.workflows = {workflow("fix", {"a", "b", "c", "d"})};
  config.workflows[0].guards.threshold = {{100, 10min, Per::workflow}};
  config.workflows[0].guards.cool_down = CoolDown{1min, Per::workflow};
  return config;
}

TEST(CoolDownQueue, TheMostSevereAndThenTheOldestGoFirst) {
  Config config = four_cooled();
  config.controls[1].severity = Level::critical;
  CoolDownRig rig(std::move(config));
  rig.breaks("/a");
  for (const char* path : {"/d", "/c", "/b"}) {
    rig.pass(1s);
    rig.breaks(path);
  }
  rig.pass(4min);
  rig.name_runs();
  EXPECT_THAT(rig.begun(), testing::ElementsAre("a", "b", "d", "c"));
  EXPECT_EQ(rig.count("run.cancelled"), 0U);
}

TEST(CoolDownQueue, OneThatCannotBeReadKeepsNobodyBack) {
  Config config = four_cooled();
  config.controls[1].severity = Level::critical;
  CoolDownRig rig(std::move(config));
  rig.breaks("/a");
  rig.breaks("/b");
  rig.breaks("/c");
  rig.driver.unreadable.emplace("/b", Error{Errc::unavailable, Retry::yes, "not now"});
  rig.pass(63s);
  EXPECT_EQ(rig.driver.state("/c"), file("good"));
}

/// Whoever brought the cool-down about; once a wait.
TEST(CoolDownQueue, ACriticalFindingDoesNotWaitForItInSilence) {
  for (const bool critical : {true, false}) {
    Config config = four_cooled();
    config.workflows[0].guards.cool_down = CoolDown{10min, Per::workflow};
    config.notify = {{{.name = "ops"}}, {"ops"}};
    if (critical) config.controls[1].severity = Level::critical;
    CoolDownRig rig(std::move(config));
    rig.breaks("/a");
    rig.pass(1s);
    rig.breaks("/b");
    rig.pass(4s);
    EXPECT_EQ(rig.count("finding.delayed"), 0U);
    rig.pass(60s);
    ASSERT_EQ(rig.count("finding.delayed"), critical ? 1U : 0U) << "once a wait";
    EXPECT_EQ(rig.core->figures().delayed, critical ? 1U : 0U);
    if (!critical) continue;
    EXPECT_EQ(rig.last("finding.delayed").at("guard"), "cool-down");
    EXPECT_EQ(rig.last("finding.delayed").at("subject"), "file:/b");
    const Json notice = rig.last("notification.queued");
    EXPECT_EQ(notice.at("notice"), "delayed");
    EXPECT_EQ(notice.at("title"), "A critical finding has no run yet (fix on file:/b)");
    EXPECT_THAT(rig.told, testing::Contains(testing::HasSubstr("it waits: cool-down: ")));
    Projection replayed = rig.core->projection();
    Json older = rig.last("finding.delayed");
    older.erase("guard");
    older["kind"] = "stage.delayed";  // as logs have it from when only stages were told
    older["seq"] = replayed.entries();
    EXPECT_TRUE(replayed.apply(older));
    rig.restart();
    rig.settle();
    rig.pass(11min);
    EXPECT_EQ(rig.driver.state("/b"), file("good"));
  }
}

TEST(CoolDownQueue, AWaitThatEndedDoesNotTellOfTheNext) {
  Config config = four_cooled();
  config.workflows[0].guards.cool_down = CoolDown{10min, Per::workflow};
  config.controls[1].severity = Level::critical;
  CoolDownRig rig(std::move(config));
  rig.breaks("/a");
  rig.pass(1s);
  rig.breaks("/b");
  rig.pass(2s);
  for (const Mode mode : {Mode::off, Mode::auto_}) {
    ASSERT_TRUE(rig.ask(SetMode{"fix", mode, "look"}));
    ASSERT_TRUE(rig.ask(Rescan{}));
    rig.settle();
  }
  rig.pass(4s);
  EXPECT_EQ(rig.count("finding.delayed"), 0U) << "four seconds of the second wait, six since the first";
  rig.pass(60s);
  EXPECT_EQ(rig.count("finding.delayed"), 1U);
}

TEST(CoolDownQueue, ANewOneDoesNotGoBeforeThoseThatWait) {
  CoolDownRig rig(four_cooled());
  rig.breaks("/a");
  rig.pass(1s);
  rig.breaks("/b");
  rig.now.boot += 60s;  // it is over, and nobody has been told
  rig.now.wall += 60s;
  rig.driver.states["/c"] = file("bad");
  rig.hint("/c");
  rig.settle();
  rig.pass(3min);
  rig.name_runs();
  EXPECT_THAT(rig.begun(), testing::ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace aright::engine::test
