// Of a minute's decisions the first is an entry, the others are counted.
#include "engine/decision_counts.h"

#include <gtest/gtest.h>

namespace aright::engine {
namespace {

using namespace std::chrono_literals;

const DecisionCounts::Key window_fix{"window", "fix", 0};
const DecisionCounts::Key waiver_two{"waiver", "", 2};

class Minutes : public testing::Test {
 protected:
  void pass(Nanos span) {
    now.boot += span;
    now.wall += span;
  }
  DecisionCounts counts;
  Now now{WallTime{std::chrono::hours{500'000} + 40s}, 1h, "boot"};
};

TEST_F(Minutes, TheFirstIsAnEntryTheOthersAreCountedUntilTheMinuteIsOver) {
  EXPECT_FALSE(counts.counts(window_fix, now, 1));
  EXPECT_FALSE(counts.due()) << "nothing is counted yet";
  EXPECT_TRUE(counts.counts(window_fix, now, 2));
  EXPECT_FALSE(counts.counts(waiver_two, now, 7)) << "each for itself";
  pass(10s);
  EXPECT_TRUE(counts.counts(window_fix, now, 1));
  EXPECT_EQ(counts.due(), now.boot + 10s) << "the minute of the wall clock";
  EXPECT_TRUE(counts.over(now.boot).empty());
  pass(10s);
  const auto over = counts.over(now.boot);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].key, window_fix);
  EXPECT_EQ(over[0].count, 3U);
  EXPECT_EQ(over[0].begun, WallTime{std::chrono::hours{500'000}});
  EXPECT_FALSE(counts.due());
  EXPECT_TRUE(counts.over(now.boot).empty()) << "told once";
  EXPECT_FALSE(counts.counts(window_fix, now, 1)) << "and another begins";
}

TEST_F(Minutes, OneThatIsAnEntryAnywayIsTheFirst) {
  counts.recorded(window_fix, now);
  counts.recorded(window_fix, now);
  EXPECT_TRUE(counts.counts(window_fix, now, 1));
  EXPECT_EQ(counts.all().front().count, 1U);
}

TEST_F(Minutes, OfOneThatEndsIsToldWhatWasCounted) {
  EXPECT_FALSE(counts.counts(waiver_two, now, 1));
  EXPECT_FALSE(counts.end(waiver_two)) << "nothing beside the entry";
  EXPECT_FALSE(counts.counts(waiver_two, now, 1));
  EXPECT_TRUE(counts.counts(waiver_two, now, 5));
  EXPECT_EQ(counts.end(waiver_two)->count, 5U);
  EXPECT_FALSE(counts.due());
  EXPECT_FALSE(counts.end(waiver_two));
}

TEST_F(Minutes, AClockThatIsSetMakesNoMinuteLonger) {
  EXPECT_FALSE(counts.counts(window_fix, now, 1));
  EXPECT_TRUE(counts.counts(window_fix, now, 1));
  now.wall -= 1h;
  now.boot += 20s;
  EXPECT_EQ(counts.over(now.boot).size(), 1U);
  EXPECT_FALSE(counts.counts(window_fix, now, 1));
  EXPECT_TRUE(counts.counts(window_fix, now, 1));
  EXPECT_LE(*counts.due() - now.boot, 60s);
}

}  // namespace
}  // namespace aright::engine
