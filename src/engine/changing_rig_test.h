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
      remember_plans();
      rig->restart();
    } else {
      ASSERT_TRUE(rig->ask(Reload{std::move(config), nullptr}, "dave"));
    }
    rig->settle();
  }
  [[nodiscard]] const std::map<std::uint64_t, Review>& reviews() const { return rig->core->projection().reviews(); }

  Config in_force;
  std::unique_ptr<Rig> rig;

 private:
  /// What the shell reads before a start.
  void remember_plans() {
    for (const auto& [id, run] : rig->core->projection().runs()) {
      std::vector<Plan> plans;
      for (const RunStep& step : run.steps) {
        Plan plan;
        plan.names = step.names;
        if (step.changes && rig->blobs.contains(step.before.id)) {
          plan.before.fields = parse_json(rig->blobs.at(step.before.id).bytes).value();
          plan.after.fields = parse_json(rig->blobs.at(step.after.id).bytes).value();
        }
        plans.push_back(std::move(plan));
      }
      rig->remembered.plans[id] = std::move(plans);
    }
  }
};

}  // namespace aright::engine::test
