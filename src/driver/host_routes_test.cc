#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include "driver/host/routes.h"

namespace aright::driver {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Value>
std::string raw(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};  // NOLINT(*-reinterpret-cast)
}

std::string raw_address(const char* text) {
  const bool v4 = std::string_view(text).find(':') == std::string_view::npos;
  std::string bytes(v4 ? 4 : 16, '\0');
  EXPECT_EQ(inet_pton(v4 ? AF_INET : AF_INET6, text, bytes.data()), 1);
  return bytes;
}

std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

std::string attribute(unsigned short type, const std::string& content) {
  rtattr head{};
  head.rta_len = static_cast<unsigned short>(sizeof head + content.size());
  head.rta_type = type;
  return padded(raw(head) + content);
}

std::string via(const char* address) { return attribute(RTA_GATEWAY, raw_address(address)); }

std::string hop(const std::string& attributes) {
  rtnexthop head{};
  head.rtnh_len = static_cast<unsigned short>(sizeof head + attributes.size());
  return padded(raw(head) + attributes);
}

struct Kind {
  unsigned char family{AF_INET};
  unsigned char bits{0};
  unsigned char table{RT_TABLE_MAIN};
  unsigned char type{RTN_UNICAST};
};

std::string route(const Kind& kind, const std::string& attributes) {
  rtmsg what{};
  what.rtm_family = kind.family;
  what.rtm_dst_len = kind.bits;
  what.rtm_table = kind.table;
  what.rtm_type = kind.type;
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + sizeof what + attributes.size());
  head.nlmsg_type = RTM_NEWROUTE;
  return padded(raw(head) + raw(what) + attributes);
}

std::vector<std::string> gateways(const std::string& messages) {
  std::vector<std::string> list;
  for (const KnownAddress& one : gateways_of(messages)) list.push_back(one.address);
  return list;
}

TEST(Routes, OfDefaultRoutesInWhateverTable) {
  EXPECT_THAT(gateways(route({}, via("192.0.2.1")) + route({.bits = 24}, via("192.0.2.2")) +
                       route({.table = 100}, via("192.0.2.3")) + route({.type = RTN_UNREACHABLE}, via("192.0.2.4")) +
                       route({.table = RT_TABLE_LOCAL}, via("192.0.2.5")) + route({}, via("192.0.2.1")) +
                       route({.family = AF_INET6}, via("fe80::1"))),
              ElementsAre("192.0.2.1", "192.0.2.3", "fe80::1"));
}

TEST(Routes, HalvesOfEverythingAreADefaultRoute) {
  const std::string to = attribute(RTA_DST, raw_address("128.0.0.0"));
  EXPECT_THAT(
      gateways(route({.bits = 1}, via("10.8.0.1")) + route({.bits = 1}, to + via("10.8.0.5")) +
               route({.family = AF_INET6, .bits = 3}, via("2001:db8::1")) + route({.bits = 4}, via("192.0.2.9"))),
      ElementsAre("10.8.0.1", "10.8.0.5", "2001:db8::1"));
}

TEST(Routes, EveryNextHopCounts) {
  const std::string hops =
      hop(via("192.0.2.1")) + hop("") + hop(attribute(RTA_VIA, raw(std::uint16_t{AF_INET6}) + raw_address("fe80::7")));
  EXPECT_THAT(gateways(route({}, attribute(RTA_MULTIPATH, hops))), ElementsAre("192.0.2.1", "fe80::7"));
}

TEST(Routes, WhatIsCutOffIsPassedOver) {
  const std::string whole = route({}, via("192.0.2.1"));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_THAT(gateways(whole.substr(0, size)), IsEmpty());
  EXPECT_THAT(gateways(route({.family = AF_INET6}, via("192.0.2.1"))), IsEmpty()) << "four bytes are none of IPv6";
  rtattr empty{};  // it says that it is no longer than nothing
  EXPECT_THAT(gateways(route({}, raw(empty) + via("192.0.2.1"))), IsEmpty());
}

TEST(Routes, OfThisMachineTheyCanBeRead) {
  const auto read = default_gateways();
  ASSERT_TRUE(read) << read.error().message;
}

}  // namespace
}  // namespace aright::driver
