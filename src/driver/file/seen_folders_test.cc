#include "driver/file/seen_folders.h"

#include <gtest/gtest.h>

namespace aright::driver {
namespace {

using namespace std::chrono_literals;

TEST(SeenFolders, CountAsSeenByNumberAndForAMoment) {
  SeenFolders seen;
  const SeenFolders::Clock::time_point start{};
  const SeenFolders::Id id{1, 2};
  EXPECT_FALSE(seen.has_passed("/a", id, start));
  seen.passed("/a", id, start);
  EXPECT_TRUE(seen.has_passed("/a", id, start + 499ms));
  EXPECT_FALSE(seen.has_passed("/a", id, start + 500ms));
  EXPECT_FALSE(seen.has_passed("/a", {1, 3}, start)) << "another folder at the same path has to be walked to";
  EXPECT_FALSE(seen.has_passed("/a", {3, 2}, start));
  EXPECT_FALSE(seen.has_passed("/b", id, start));
}

TEST(SeenFolders, IsBounded) {
  SeenFolders seen;
  const SeenFolders::Clock::time_point start{};
  for (std::size_t i = 0; i <= SeenFolders::folders_max; ++i) seen.passed("/" + std::to_string(i), {1, i}, start);
  EXPECT_FALSE(seen.has_passed("/0", {1, 0}, start));
  EXPECT_TRUE(seen.has_passed("/" + std::to_string(SeenFolders::folders_max), {1, SeenFolders::folders_max}, start));
}

}  // namespace
}  // namespace aright::driver
