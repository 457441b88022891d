// The checker's assertions about decisions not to act.
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

class CheckerVerdicts : public testing::Test {
 protected:
  CheckerVerdicts() {
    h.start();
    run = h.open_run();
    finding = Finding::make_id("c", "file:/w/a", 1);
  }
  void suppressed(bool first) {
    Json e{{"finding", finding}, {"workflow", "fix"}, {"guard", "window"}, {"reason", "closed"}};
    if (first) e["first"] = true;
    h.record("verdict.suppressed", e);
  }
  void counted(std::uint64_t count) {
    h.record("verdicts.counted",
             {{"guard", "window"}, {"workflow", "fix"}, {"minute", rfc3339(h.world.now.wall)}, {"count", count}});
  }
  History h;
  std::uint64_t run{0};
  std::string finding;
};

TEST_F(CheckerVerdicts, AnEntryAMinuteAndTheOthersCountedPasses) {
  suppressed(true);
  counted(3);
  h.wait(1min);
  suppressed(false);
  counted(1);
  EXPECT_EQ(h.checker.only_counted(), 4U);
}

TEST_F(CheckerVerdicts, ASecondEntryOfAMinuteDoesNot) {
  suppressed(true);
  EXPECT_TRUE(refused([&] { suppressed(false); }, "a second entry of its minute: window fix"));
}

TEST_F(CheckerVerdicts, NorWhatIsCountedWithoutOne) {
  EXPECT_TRUE(refused([&] { counted(3); }, "no entry goes before"));
}

TEST_F(CheckerVerdicts, NorCountedTwice) {
  suppressed(true);
  counted(3);
  EXPECT_TRUE(refused([&] { counted(3); }, "no entry goes before"));
}

TEST_F(CheckerVerdicts, AFindingsFirstIsAnEntryOfItsOwnAndOnce) {
  EXPECT_TRUE(refused([&] { suppressed(false); }, "leaves out a finding's first"));
}

TEST_F(CheckerVerdicts, AndNotTwice) {
  suppressed(true);
  h.wait(1min);
  EXPECT_TRUE(refused([&] { suppressed(true); }, "says twice that it is the first"));
}

TEST_F(CheckerVerdicts, WhatIsSaidToBeWaivedIs) {
  const auto says = [&](const char* subject) {
    h.record("verdict.waived", {{"waiver", 1}, {"control", "c"}, {"subject", subject}, {"count", 1}});
  };
  h.record("waiver.granted", {{"waiver", 1},
                              {"control", "c"},
                              {"subject", "file:/w/q"},
                              {"reason", "r"},
                              {"owner", "o"},
                              {"by", "ann"},
                              {"expires_at", rfc3339(h.world.now.wall + 1h)}});
  says("file:/w/q");
  h.wait(1min);
  EXPECT_TRUE(refused([&] { says("file:/w/b"); }, "which is not"));
}

}  // namespace
}  // namespace aright::sim
