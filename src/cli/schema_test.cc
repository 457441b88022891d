#include "cli/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

TEST(Schema, ItsModelsAreReadToTheirEnds) {
  for (const Diagnostic& said : model_mistakes()) {
    EXPECT_NE(said.severity, Severity::error) << render(said);
  }
}

TEST(Schema, WhatTwoParsersAskOfAKeyIsWhatEitherTakes) {
  const Json schema = config_schema();
  for (const char* step : {"step-exec", "step-call"}) {
    const Json& at_most = schema["$defs"][step]["properties"]["at_most"];
    EXPECT_EQ(at_most["minimum"], 1) << step;
    EXPECT_GT(at_most["maximum"], 1) << step;
  }
}

}  // namespace
}  // namespace aright::cli
