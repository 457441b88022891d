#include "source/webhook/release_rule.h"

#include <gtest/gtest.h>

namespace aright::source {
namespace {

TEST(ReleaseRule, WithoutWindowsWhatIsDoneMayGo) {
  ReleaseRule rule;
  EXPECT_EQ(rule.before({.done = 5}), 5U);
  EXPECT_EQ(rule.before({.done = 9}), 9U);
}

TEST(ReleaseRule, WithWindowsOnlyWhatASnapshotBegunLaterHolds) {
  ReleaseRule rule;
  EXPECT_EQ(rule.before({.done = 5, .snapshots = 7, .windows = true}), std::nullopt);
  EXPECT_EQ(rule.before({.done = 6, .snapshots = 7, .windows = true}), std::nullopt) << "none since";
  EXPECT_EQ(rule.before({.done = 8, .snapshots = 8, .windows = true}), std::nullopt) << "it may have been under way";
  EXPECT_EQ(rule.before({.done = 9, .snapshots = 9, .windows = true}), 5U) << "not what was done meanwhile";
  EXPECT_EQ(rule.before({.done = 12, .snapshots = 10, .windows = true}), std::nullopt);
  EXPECT_EQ(rule.before({.done = 12, .snapshots = 14, .windows = true}), 9U);
}

TEST(ReleaseRule, AReloadThatBringsWindowsBeginsAnew) {
  ReleaseRule rule;
  EXPECT_EQ(rule.before({.done = 3, .snapshots = 1, .windows = true}), std::nullopt);
  EXPECT_EQ(rule.before({.done = 4, .snapshots = 1}), 4U) << "the last correlation has gone";
  EXPECT_EQ(rule.before({.done = 6, .snapshots = 9, .windows = true}), std::nullopt) << "an old mark says nothing";
  EXPECT_EQ(rule.before({.done = 7, .snapshots = 11, .windows = true}), 6U);
}

}  // namespace
}  // namespace aright::source
