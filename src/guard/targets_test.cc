#include "guard/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aright::guard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Targets, AddressesAmongOtherThings) {
  EXPECT_THAT(addresses_in("192.0.2.7"), ElementsAre("192.0.2.7"));
  EXPECT_THAT(addresses_in("--from=192.0.2.7:22, 2001:DB8::1"), ElementsAre("192.0.2.7", "2001:db8::1"));
  EXPECT_THAT(addresses_in("http://192.0.2.7/admin [::1]:80"), ElementsAre("192.0.2.7", "::1"));
  EXPECT_THAT(addresses_in("192.0.2.77/24 and 2001:db8::/32."), ElementsAre("192.0.2.0/24", "2001:db8::/32"));
  EXPECT_THAT(addresses_in("fe80::1%eth0 ::ffff:127.0.0.1 ::FFFF:7f00:1"), ElementsAre("fe80::1", "127.0.0.1"));
  EXPECT_THAT(addresses_in("deadbeef 12:34:56 00:11:22:33:44:55 1.2.3 a/b ... ://"), IsEmpty());
  EXPECT_THAT(addresses_in("::Ffff:192.0.2.7 ::ffff:12345 ::ffff:1.2.3 ::ffee:192.0.2.777 ::ffff:"),
              ElementsAre("192.0.2.7"));
  EXPECT_THAT(addresses_in(""), IsEmpty());
}

std::string said_of(const std::string& text, Surroundings around = {}) {
  around.addresses.push_back({"203.0.113.9", "an address of eth0"});
  around.addresses.push_back({"2001:db8::5", "where an administrator is logged in from"});
  const std::vector<std::string> texts{"nothing", text};
  const Verdict verdict = protected_address(texts, around);
  const auto* hold = std::get_if<Hold>(&verdict);
  return hold == nullptr ? "admit" : hold->guard + ": " + hold->reason;
}

TEST(Targets, WhatNoWorkflowMayName) {
  EXPECT_EQ(said_of("127.8.8.8"), "protected: 127.8.8.8 is loopback");
  EXPECT_EQ(said_of("[::1]"), "protected: ::1 is loopback");
  EXPECT_EQ(said_of("0.0.0.0"), "protected: 0.0.0.0 is the unspecified address");
  EXPECT_EQ(said_of("address=203.0.113.9"), "protected: 203.0.113.9 is an address of eth0");
  EXPECT_EQ(said_of("2001:0db8:0:0::5"), "protected: 2001:db8::5 is where an administrator is logged in from");
  EXPECT_EQ(said_of("203.0.113.0/24"),
            "protected: 203.0.113.0/24 is a network with 203.0.113.9 in it, an address of eth0");
  EXPECT_EQ(said_of("0.0.0.0/0"), "protected: 0.0.0.0/0 is a network with 127.0.0.0/8 in it, loopback");
  EXPECT_EQ(said_of("203.0.113.10"), "admit");
  EXPECT_EQ(said_of("nobody"), "admit");
}

TEST(Targets, InWhateverWayItIsWritten) {
  for (const char* loopback :
       {"127.1", "0x7f000001", "0x7F.1", "2130706433", "0177.0.0.1", "017700000001", "localhost", "LocalHost.",
        "ip6-localhost", "a.localhost", "--source=127.1", "root@localhost:22", "http://127.1:8080/x", " 127.1\n"}) {
    EXPECT_THAT(said_of(loopback), testing::EndsWith("is loopback")) << loopback;
  }
  for (const char* network : {"0/0", "203/8", "203.0/16", "--source=127/8", "203.0.113/24"}) {
    EXPECT_THAT(said_of(network), testing::HasSubstr("is a network with")) << network;
  }
  EXPECT_EQ(said_of("3405803785"), "protected: 203.0.113.9 is an address of eth0");
  EXPECT_EQ(said_of("203.113.9"), "admit");
  for (const char* no_address :
       {"0", "1", "4242", "16777215", "1.5", "127", "127.x", "0x", "1.2.3.4.5", "256.1", "10/33", "a/0", "localhosts",
        "failed login from localhost", "", "=", "://", "99999999999", "1..2"}) {
    EXPECT_EQ(said_of(no_address), "admit") << no_address;
  }
}

/// inet_aton(3) takes a zero for the unspecified address, which leads to this machine.
TEST(Targets, AZeroWhereAHostStands) {
  for (const char* zero : {"http://0/",
                           "http://0",
                           "http://0:22/",
                           "http://0x0/",
                           "HTTP://00/x",
                           "http://me@0:80/",
                           "user@0",
                           "user@0:22",
                           "user@0x0",
                           "0:22",
                           "0x0:22",
                           "0:8080/x",
                           " 0:22\n",
                           "--dst=0",
                           "-s src=0",
                           "DST=0x0",
                           "--source-address=0",
                           "HOST=0:22",
                           "--url=0/x",
                           "--peer=0:22",
                           "--ipv4=0"}) {
    EXPECT_EQ(said_of(zero), "protected: 0.0.0.0 is the unspecified address") << zero;
  }
  for (const char* number : {"0",
                             "00",
                             "0x0",
                             "-0",
                             "0%",
                             "00:22",
                             "0:05",
                             "0:00",
                             "0:0",
                             "0:22:10",
                             "0:65536",
                             "0:x",
                             "0:",
                             ":0",
                             "a:0",
                             "--retries=0",
                             "exit=0",
                             "a=0",
                             "skip=0",
                             "x@0.service",
                             "http://0.example/",
                             "/var/0/x",
                             "a/0",
                             "0 of 7 came from user@0 today",
                             "failed with exit code 0",
                             "0,1",
                             "-d0",
                             "=0",
                             "http://",
                             "user@"}) {
    EXPECT_EQ(said_of(number), "admit") << number;
  }
  EXPECT_EQ(said_of("user@22"), "admit");
  EXPECT_EQ(said_of("--dst=22"), "admit");
}

TEST(Targets, WhatIsKnownAsNoAddressIsNobodys) {
  EXPECT_EQ(said_of("203.0.113.10", {{{"", "a gateway"}, {"eth0", "a resolver"}}, {}}), "admit");
  EXPECT_EQ(said_of("203.0.113.9", {{{"", "a gateway"}}, {}}), "protected: 203.0.113.9 is an address of eth0");
}

TEST(Targets, WhereNotAllIsKnownNoAddressGoes) {
  EXPECT_EQ(said_of("203.0.113.10", {{}, "no /proc"}),
            "protected: whether 203.0.113.10 is one of this machine's cannot be told: no /proc");
  EXPECT_EQ(said_of("nobody", {{}, "no /proc"}), "admit");
}

}  // namespace
}  // namespace aright::guard
