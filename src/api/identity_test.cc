// Who asks is what the kernel said of the process, with the system's names where there are any.
#include "api/identity.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>

namespace aright::api {
namespace {

constexpr std::uint32_t nameless = 4'123'456'789;

std::string user_name(uid_t uid) {
  const passwd* found = getpwuid(uid);
  return found == nullptr ? std::to_string(uid) : found->pw_name;
}
std::string group_name(gid_t gid) {
  const group* found = getgrgid(gid);
  return found == nullptr ? std::to_string(gid) : found->gr_name;
}

TEST(Identity, NamesTheUserOfTheProcessAndNoOther) {
  for (const uid_t uid : {0U, 1U, 2U, 65534U}) {
    const auto who = identity_of({uid, 1, 99, {}});
    EXPECT_EQ(who.uid, uid);
    EXPECT_EQ(who.user, user_name(uid));
  }
  EXPECT_NE(identity_of({1, 1, 99, {}}).user, identity_of({0, 1, 99, {}}).user);
}

TEST(Identity, NumbersStandForWhatHasNoName) {
  ASSERT_EQ(getpwuid(nameless), nullptr);
  ASSERT_EQ(getgrgid(nameless), nullptr);
  const auto who = identity_of({nameless, nameless, 99, {nameless - 1}});
  EXPECT_EQ(who.user, "4123456789");
  EXPECT_EQ(who.groups, (std::vector<std::string>{"4123456789", "4123456788"}));
}

TEST(Identity, ThePrimaryGroupIsFirstAndStandsOnce) {
  const auto who = identity_of({1, 2, 99, {3, 2, 1}});
  EXPECT_EQ(who.groups, (std::vector<std::string>{group_name(2), group_name(3), group_name(1)}));
  EXPECT_EQ(identity_of({1, 2, 99, {}}).groups, std::vector<std::string>{group_name(2)});
}

TEST(Identity, HasAtMostSixtyFourGroups) {
  http::Peer peer{1, nameless, 99, {}};
  for (std::uint32_t i = 1; i <= 100; ++i) peer.groups.push_back(nameless - i);
  const auto who = identity_of(peer);
  ASSERT_EQ(who.groups.size(), 64U);
  EXPECT_EQ(who.groups.front(), "4123456789");
  EXPECT_EQ(who.groups.back(), std::to_string(nameless - 63));
}

}  // namespace
}  // namespace aright::api
