// What a branch's condition may name, and when it is known.
#include "workflow/step_condition.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::workflow {
namespace {

Step named(const std::string& name) {
  Step step{Step::Exec{}};
  step.name = name;
  return step;
}

TEST(StepCondition, MayNameOnlyStepsBeforeIt) {
  const std::vector<Step> earlier{named("look"), Step{}};
  EXPECT_TRUE(cel::compile("steps.look.exit_code == 3", condition_environment(earlier)));
  EXPECT_FALSE(cel::compile("steps.later.exit_code == 3", condition_environment(earlier)));
  EXPECT_FALSE(cel::compile("steps.look.exit_code == 3", condition_environment({})));
  EXPECT_FALSE(cel::compile("resource.mode == \"0644\"", condition_environment(earlier)));
}

TEST(StepCondition, IsKnownAtOnceUnlessItNamesStepsOrTheTime) {
  EXPECT_TRUE(known_at_once("finding.severity == \"high\" && event.user != \"root\""));
  EXPECT_FALSE(known_at_once("steps.look.exit_code == 3"));
  EXPECT_FALSE(known_at_once("has(steps.look)"));
  EXPECT_FALSE(known_at_once("finding.recurrence || now > timestamp(\"2026-01-01T00:00:00Z\")"));
}

TEST(StepCondition, WhatIsNotThereCannotBeTold) {
  ConditionContext context;
  context.steps = {{"look", {{"exit_code", 3}, {"output", {{"users", {"a", "b"}}}}}}};
  EXPECT_EQ(holds("steps.look.exit_code == 3 && steps.look.output.users.size() > 1", context), true);
  EXPECT_EQ(holds("has(steps.other)", context), false);
  EXPECT_FALSE(holds("steps.other.exit_code == 3", context));
  EXPECT_FALSE(holds("steps.look.exit_code", context));
}

}  // namespace
}  // namespace aright::workflow
