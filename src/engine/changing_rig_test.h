// A node whose definitions, or those who decide, change while a finding on /a is answered: by a reload, or by a start
// that finds other files.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core_rig_test.h"

namespace aright::engine::test {

inline Team ops_of(std::vector<std::string> users) {
  Team team;
  team.name = "ops";
  team.users = std::move(users);
  return team;
}

inline Config proposing() {
  Config config = two_steps();
  config.workflows[0].mode = Mode::propose;
  return config;
}

class Changing : public testing::Test {
 protected:
  void begin(Config config) {
    in_force = config;
    rig = std::make_unique<Rig>(std::move(config));
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
  }
  void change_to(Config config, bool by_restart = false) {
    for (const Workflow& w : in_force.workflows) rig->remembered.workflows.push_back(w);
    for (const Control& c : in_force.controls) rig->remembered.controls.push_back(c);
    in_force = config;
    rig->configure(config);
    if (by_restart) {
      rig->remember_plans();
      rig->restart();
    } else {
      ASSERT_TRUE(rig->ask(Reload{std::move(config), nullptr}, "dave"));
    }
    rig->settle();
  }
  [[nodiscard]] const std::map<std::uint64_t, Review>& reviews() const { return rig->core->projection().reviews(); }

  Config in_force;
  std::unique_ptr<Rig> rig;
};

}  // namespace aright::engine::test
