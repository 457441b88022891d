// What is half done and asked about again goes to those whom a rung had let decide, as far as the ladder in force names
// them.
#include <gtest/gtest.h>

#include "changing_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

class KeptRungs : public Changing {};

/// The finding's file, a question to ops, whose ladder lets mia of the managers decide, then /q.
Config asking_on_a_ladder() {
  Config config = two_steps();
  config.workflows[0].steps = {Step{}, Step{Step::Approve{"", "go on?", 4h, std::nullopt}}, own("/q", "new")};
  Team managers = ops_of({"mia"});
  managers.name = "managers";
  config.teams = {ops_of({"alice"}), managers};
  config.teams[0].ladder = {{10min, {"pager"}, "managers"}};
  return config;
}

TEST_F(KeptRungs, WhatIsHalfDoneIsAskedAgainOfWhomARungLetDecide) {
  for (const bool by_restart : {false, true}) {
    Config config = asking_on_a_ladder();
    begin(config);
    ASSERT_EQ(reviews().size(), 1U);
    rig->pass(11min);
    ASSERT_EQ(rig->count("review.escalated"), 1U);
    config.workflows[0].steps[2] = own("/q", "other");
    change_to(config, by_restart);
    ASSERT_EQ(rig->review(), 2U);
    EXPECT_EQ(reviews().at(2).also, std::vector<std::string>{"managers"});
    EXPECT_EQ(reviews().at(2).climbed, 1U);
    config.teams[0].ladder = {{10min, {"pager"}, ""}};
    config.teams[0].users.push_back("erin");
    change_to(config, by_restart);
    ASSERT_EQ(rig->review(), 3U);
    EXPECT_TRUE(reviews().at(3).also.empty()) << "the ladder in force names them no more";
    EXPECT_FALSE(rig->ask(Approve{3, "yes"}, {1000, "mia", {}}));
    EXPECT_TRUE(rig->ask(Approve{3, "yes"}, {1000, "alice", {}}));
  }
}

}  // namespace
}  // namespace aright::engine::test
