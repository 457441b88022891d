// The checker's assertions about open questions and the definitions in force.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "history.h"

namespace aright::sim {
namespace {

class CheckerDefinitions : public testing::Test {
 protected:
  CheckerDefinitions() {
    h.start();
    loads("workflow", "fix", "v");
    loads("control", "c", "h");
  }
  void loads(const std::string& kind, const std::string& name, const std::string& hash) {
    h.record("definition.loaded", {{"definition", kind}, {"name", name}, {"hash", hash}});
  }
  std::uint64_t asked() {
    const std::uint64_t run = h.open_run();
    h.planned(run, 0, h.plan("/w/a", {{"exists", true}, {"content", {"other", ""}}, {"mode", "0644"}}));
    h.hold(run, "held", "hold", "mode");
    return run;
  }
  History h;
};

TEST_F(CheckerDefinitions, AQuestionThatLapsesFirstPasses) {
  const std::uint64_t run = asked();
  h.record("review.decided",
           {{"review", 1}, {"run", run}, {"decision", "lapsed"}, {"by", "aright"}, {"reason", "changed"}});
  h.move(run, "cancelled", "cancel", {{"lapsed", true}});
  loads("workflow", "fix", "v2");
  EXPECT_EQ(h.checker.ended("cancelled"), 1U);
}

TEST_F(CheckerDefinitions, OneThatOutlivesItsWorkflowOrControlDoesNot) {
  asked();
  EXPECT_TRUE(refused([&] { loads("workflow", "fix", "v2"); }, "what it was asked under is not in force"));
  History other;
  other.start();
  other.record("definition.loaded", {{"definition", "workflow"}, {"name", "fix"}, {"hash", "v"}});
  const std::uint64_t run = other.open_run();
  other.hold(run, "held", "hold", "mode");
  EXPECT_TRUE(
      refused([&] { other.record("definition.removed", {{"definition", "workflow"}, {"name", "fix"}, {"old", "v"}}); },
              "what it was asked under is not in force"));
}

TEST_F(CheckerDefinitions, OneAboutAnOlderVersionIsNotOpened) {
  loads("workflow", "fix", "v2");
  EXPECT_TRUE(refused([&] { asked(); }, "nothing has been made"));
}

TEST_F(CheckerDefinitions, WhatWasApprovedUnderOlderOnesDoesNotBegin) {
  for (const bool edited : {false, true}) {
    History other;
    other.start();
    other.record("definition.loaded", {{"definition", "workflow"}, {"name", "fix"}, {"hash", "v"}});
    other.record("definition.loaded", {{"definition", "control"}, {"name", "c"}, {"hash", "h"}});
    const Json wanted{{"exists", true}, {"content", {"other", ""}}, {"mode", "0644"}};
    const std::uint64_t run = other.open_run();
    other.planned(run, 0, other.plan("/w/a", wanted));
    other.hold(run, "held", "hold", "mode");
    other.record("review.decided",
                 {{"review", 1}, {"run", run}, {"decision", "approved"}, {"by", "alice"}, {"reason", "yes"}});
    other.move(run, "planning", "approve");
    other.planned(run, 0, other.plan("/w/a", wanted));
    other.move(run, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "alice (review 1)"}});
    if (!edited) {
      other.intend(run, 0);
      continue;
    }
    other.record("definition.loaded", {{"definition", "workflow"}, {"name", "fix"}, {"hash", "v2"}, {"old", "v"}});
    EXPECT_TRUE(refused([&] { other.intend(run, 0); }, "that are not in force any more"));
  }
}

}  // namespace
}  // namespace aright::sim
