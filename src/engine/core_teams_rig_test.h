// A run that waits for a team's yes, and who says it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core_rig_test.h"

namespace aright::engine::test {

inline Team team_ops(std::uint32_t quorum = 1) {
  Team team;
  team.name = "ops";
  team.users = {"alice", "bob", "carol"};
  team.groups = {"wheel"};
  team.quorum = quorum;
  return team;
}

inline Config asking(Team team, Config config = one_file()) {
  config.workflows[0].mode = Mode::propose;
  config.teams = {std::move(team)};
  return config;
}

class Teams : public testing::Test {
 protected:
  void make(Config config) {
    rig = std::make_unique<Rig>(std::move(config));
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
  }
  Result<Json> ask(Command command, Identity who) { return rig->ask(std::move(command), std::move(who)); }
  Result<Json> yes(const std::string& user, std::vector<std::string> groups = {}) {
    return ask(Approve{rig->review(), "looks right"}, {1000, user, std::move(groups)});
  }
  [[nodiscard]] const Review& review() const { return rig->core->projection().reviews().begin()->second; }
  std::unique_ptr<Rig> rig;
};

}  // namespace aright::engine::test
