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
