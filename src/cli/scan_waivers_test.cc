#include "cli/scan_waivers.h"

#include <gtest/gtest.h>

namespace aright::cli {
namespace {

using namespace std::chrono_literals;
constexpr WallTime at_noon{std::chrono::hours{500'000}};

Waiver ending(std::uint64_t id, Nanos left) {
  Waiver w;
  w.id = id;
  w.control = "motd";
  w.subject = "file:/etc/motd";
  w.owner = "alice";
  w.expires_at = at_noon + left;
  return w;
}

TEST(EndingWaivers, AreToldWithinAWeekOfTheirEnd) {
  Diagnostics out;
  warn_of_ending({ending(1, -1s), ending(2, 1h), ending(3, waiver_ends_soon), ending(4, waiver_ends_soon + 1s)},
                 {"motd"}, at_noon, out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_FALSE(has_errors(out));
  EXPECT_TRUE(out[0].message.starts_with("waiver 2 of control `motd` on file:/etc/motd ends at ")) << out[0].message;
  EXPECT_TRUE(out[1].message.starts_with("waiver 3 ")) << out[1].message;
}

/// An undo grants one for a day: it is no news that it ends soon.
TEST(EndingWaivers, ThatWereGrantedForLessAreToldInTheirLastHalf) {
  Diagnostics out;
  std::vector<Waiver> waivers{ending(1, 13h), ending(2, 11h)};
  for (Waiver& w : waivers) w.granted.wall = w.expires_at - 24h;
  warn_of_ending(waivers, {"motd"}, at_noon, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(out[0].message.starts_with("waiver 2 ")) << out[0].message;
}

TEST(EndingWaivers, AreNotToldOfAnotherFoldersControls) {
  Diagnostics out;
  warn_of_ending({ending(1, 1h)}, {"issue"}, at_noon, out);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace aright::cli
