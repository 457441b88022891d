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

TEST(HostSurroundings, GatewaysOfDefaultRoutes) {
  EXPECT_THAT(addresses(gateways_v4("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
                                    "eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                                    "eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                                    "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
                                    "eth0\t00000000\tnonsense\t0003\t0\t0\t0\t00000000\t0\t0\t0\nshort\n")),
              testing::ElementsAre("10.0.2.1"));
  const std::string none(32, '0');
  EXPECT_THAT(
      addresses(gateways_v6(none + " 00 " + none + " 00 fe800000000000000000000000000001 00000400 1 0 1 eth0\n" + none +
                            " 00 " + none + " 00 " + none + " ffffffff 1 0 200200 lo\n" +
                            "20010db8000000000000000000000000 40 " + none + " 00 " + none + " 1 1 0 1 eth0\nx\n" +
                            none + " 00 " + none + " 00 fe80000000000000000000000000000g 1 1 0 1 eth0\n")),
      testing::ElementsAre("fe80::1"));
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

TEST(HostSurroundings, ThisMachineHasLoopback) {
  HostSurroundings reader;
  const Surroundings around = reader.read();
  EXPECT_EQ(around.trouble, "");
  EXPECT_THAT(addresses(around.addresses), testing::Contains("127.0.0.1"));
  EXPECT_EQ(addresses(reader.read().addresses), addresses(around.addresses)) << "kept for a second";
}

}  // namespace
}  // namespace aright::driver
