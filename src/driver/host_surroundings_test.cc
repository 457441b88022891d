#include "driver/host/host_surroundings.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utmpx.h>

#include <algorithm>
#include <cstring>

namespace aright::driver {
namespace {

std::vector<std::string> addresses(const std::vector<KnownAddress>& list) {
  std::vector<std::string> out;
  for (const KnownAddress& one : list) out.push_back(one.address);
  return out;
}

TEST(HostSurroundings, Resolvers) {
  EXPECT_THAT(addresses(resolvers("# nameserver 192.0.2.1\nsearch example.org\nnameserver 192.0.2.53\n"
                                  "nameserver fe80::53%eth0\nnameserver\n")),
              testing::ElementsAre("192.0.2.53", "fe80::53"));
}

TEST(HostSurroundings, LoginsFromElsewhere) {
  const auto record = [](short type, const char* address) {
    utmpx made{};
    made.ut_type = type;
    if (address != nullptr) {
      const int family = std::strchr(address, ':') == nullptr ? AF_INET : AF_INET6;
      EXPECT_EQ(inet_pton(family, address, &made.ut_addr_v6), 1);
    }
    return std::string(reinterpret_cast<const char*>(&made), sizeof made);  // NOLINT(*-reinterpret-cast)
  };
  EXPECT_THAT(addresses(logins(record(USER_PROCESS, "192.0.2.7") + record(USER_PROCESS, "2001:db8::7") +
                               record(USER_PROCESS, nullptr) + record(DEAD_PROCESS, "192.0.2.8") + "half of one")),
              testing::ElementsAre("192.0.2.7", "2001:db8::7"));
}

TEST(HostSurroundings, SessionsWithoutATerminal) {
  EXPECT_THAT(addresses(session_host("# This is private data. Do not parse.\nUID=0\nUSER=root\nREMOTE=1\nTYPE=tty\n"
                                     "CLASS=user\nREMOTE_HOST=192.0.2.9\nSERVICE=sshd\n")),
              testing::ElementsAre("192.0.2.9"));
  EXPECT_THAT(addresses(session_host("REMOTE_HOST=fe80::9%eth0\n")), testing::ElementsAre("fe80::9"));
  EXPECT_THAT(session_host("REMOTE=0\nREMOTE_HOST=admin.example.org\nREMOTE_HOST=\nX_REMOTE_HOST=192.0.2.1\n"),
              testing::IsEmpty());
}

TEST(HostSurroundings, ThisMachineHasLoopback) {
  HostSurroundings reader;
  const Surroundings around = reader.read();
  EXPECT_EQ(around.trouble, "");
  EXPECT_THAT(addresses(around.addresses), testing::Contains("127.0.0.1"));
  EXPECT_EQ(addresses(reader.read().addresses), addresses(around.addresses)) << "kept for a second";
}

}  // namespace
}  // namespace aright::driver
