// The checker's assertions about how many runs are at work on a subject.
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

class CheckerTurns : public testing::Test {
 protected:
  CheckerTurns() {
    for (const char* name : {"second", "third"}) {
      h.config.workflows.push_back(h.config.workflows.front());
      h.config.workflows.back().name = name;
    }
    h.start();
  }
  std::uint64_t begins(const std::string& workflow, const std::string& subject = "/w/a") {
    h.workflow = workflow;
    return h.open_run(subject);
  }
  History h;
};

TEST_F(CheckerTurns, OneAfterTheOtherPasses) {
  h.move(begins("fix"), "failed", "plan-failed");
  begins("second");
  begins("third", "/w/q");
  EXPECT_EQ(h.checker.ended("failed"), 1U);
  EXPECT_EQ(h.checker.met_others(), 0U);
}

TEST_F(CheckerTurns, TwoOnOneSubjectDoNot) {
  begins("fix");
  EXPECT_TRUE(refused([&] { begins("second"); }, "run 2 is at work on file:/w/a, and 1 others are"));
  EXPECT_EQ(h.checker.met_others(), 1U);
}

TEST_F(CheckerTurns, UnlessTwoMayBe) {
  h.config.limits.subject = 2;
  begins("fix");
  begins("second");
  EXPECT_TRUE(refused([&] { begins("third"); }, "and 2 others are"));
}

TEST_F(CheckerTurns, WhoWaitsForAPersonIsNotAtWork) {
  const std::uint64_t first = begins("fix");
  h.planned(first, 0, h.plan("/w/a", {{"exists", true}}));
  h.hold(first, "held", "hold", "mode");
  begins("second");
  EXPECT_TRUE(refused([&] { h.move(first, "planning", "approve"); }, "run 1 is at work on file:/w/a"))
      << "nor does a person's yes let it go on beside another";
}

}  // namespace
}  // namespace aright::sim
