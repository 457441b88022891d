// Where a request may go, without any network.
#include "http/destination.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "http/reach.h"

namespace aright::http {
namespace {

Ip ip(const std::string& text) {
  const auto parsed = parse_ip(text);
  if (parsed && !text.starts_with("::ffff:")) return *parsed;
  Ip mapped;  // as a resolver gives it
  mapped.v4 = false;
  mapped.bytes[10] = mapped.bytes[11] = 0xff;
  const auto four = parse_ip(text.substr(7));
  std::copy_n(four->bytes.begin(), 4, mapped.bytes.begin() + 12);
  return mapped;
}

using enum Reach;
const std::vector<std::pair<std::string, Reach>> every_kind{
    {"1.1.1.1", open},
    {"9.255.255.255", open},
    {"11.0.0.0", open},
    {"172.15.255.255", open},
    {"172.32.0.0", open},
    {"192.167.255.255", open},
    {"192.169.0.0", open},
    {"100.63.255.255", open},
    {"100.128.0.0", open},
    {"128.0.0.0", open},
    {"126.255.255.255", open},
    {"223.255.255.255", open},
    {"169.253.255.255", open},
    {"169.255.0.0", open},
    {"168.63.129.15", open},
    {"168.63.129.17", open},
    {"10.0.0.0", listed},
    {"10.255.255.255", listed},
    {"172.16.0.0", listed},
    {"172.31.255.255", listed},
    {"192.168.0.0", listed},
    {"192.168.255.255", listed},
    {"100.64.0.0", listed},
    {"100.127.255.255", listed},
    {"127.0.0.1", listed},
    {"127.255.255.255", listed},
    {"192.0.0.1", listed},
    {"192.0.2.1", listed},
    {"198.18.0.0", listed},
    {"198.19.255.255", listed},
    {"198.51.100.1", listed},
    {"203.0.113.1", listed},
    {"192.88.99.1", listed},
    {"0.0.0.0", never},
    {"0.1.2.3", never},
    {"169.254.0.0", never},
    {"169.254.169.254", never},
    {"169.254.255.255", never},
    {"168.63.129.16", never},
    {"100.100.100.200", never},
    {"192.0.0.192", never},
    {"224.0.0.1", never},
    {"239.255.255.255", never},
    {"240.0.0.1", never},
    {"255.255.255.255", never},
    {"2606:4700::1111", open},
    {"2a00::1", open},
    {"::1", listed},
    {"fc00::1", listed},
    {"fdff::1", listed},
    {"2001:db8::1", listed},
    {"2001:1ff::1", listed},
    {"2001:200::1", open},
    {"::", never},
    {"::2", never},
    {"fe80::1", never},
    {"febf::1", never},
    {"fec0::1", never},
    {"ff02::1", never},
    {"fd00:ec2::254", never},
    {"fd00:ec2::23", never},
    {"fd20:ce::254", never},
    {"4000::1", never},
    {"100::1", never},
    // An IPv4 address inside, in every notation a resolver may answer.
    {"::ffff:1.1.1.1", open},
    {"::ffff:10.0.0.1", listed},
    {"::ffff:127.0.0.1", listed},
    {"::ffff:169.254.169.254", never},
    {"64:ff9b::101:101", open},      // NAT64 of 1.1.1.1
    {"64:ff9b::a00:1", listed},      // of 10.0.0.1
    {"64:ff9b::7f00:1", listed},     // of 127.0.0.1
    {"64:ff9b::a9fe:a9fe", never},   // of 169.254.169.254
    {"64:ff9b:1::101:101", listed},  // within a network
    {"64:ff9b:1::a9fe:a9fe", never},
    {"2002:101:101::1", open},          // 6to4 of 1.1.1.1
    {"2002:c0a8:1::1", listed},         // of 192.168.0.1
    {"2002:7f00:1::1", listed},         // of 127.0.0.1
    {"2002:a9fe:a9fe::1", never},       // of 169.254.169.254
    {"2001:0:1:1::fefe:fefe", open},    // Teredo of 1.1.1.1
    {"2001:0:1:1::80ff:fffe", listed},  // of 127.0.0.1
    {"2001:0:1:1::5601:5601", never},   // of 169.254.169.254
    {"2606:4700::5efe:101:101", open},  // ISATAP of 1.1.1.1
    {"2606:4700::5efe:a9fe:a9fe", never},
    {"2606:4700::200:5efe:a9fe:a9fe", never},
    {"::a9fe:a9fe", never},  // compatible
    {"::101:101", never}};

TEST(Reach, EveryKindOfAddress) {
  for (const auto& [text, reach] : every_kind)
    EXPECT_EQ(seen(ip(text)).reach, reach) << text << ": " << seen(ip(text)).what;
}

RC_GTEST_PROP(ReachProperty, WrappingAnAddressNeverOpensIt, (std::uint32_t number)) {
  Ip plain;
  for (std::size_t i = 0; i < 4; ++i) plain.bytes.at(i) = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  const auto word = [&](unsigned shift, std::uint32_t flip = 0) { return ((number ^ flip) >> shift) & 0xffffU; };
  for (const std::string& text :
       {fmt::format("64:ff9b::{:x}:{:x}", word(16), word(0)), fmt::format("64:ff9b:1::{:x}:{:x}", word(16), word(0)),
        fmt::format("2002:{:x}:{:x}::5", word(16), word(0)),
        fmt::format("2001:0:8:8::{:x}:{:x}", word(16, 0xffffffffU), word(0, 0xffffffffU)),
        fmt::format("2a00::5efe:{:x}:{:x}", word(16), word(0))}) {
    RC_ASSERT(seen(*parse_ip(text)).reach >= seen(plain).reach);
  }
  RC_ASSERT(seen(ip("::ffff:" + plain.text())).reach >= seen(plain).reach);
}

Destinations parsed(const std::string& yaml) {
  Diagnostics out;
  const auto node = yaml::parse(yaml, "aright.yaml", out);
  auto all = parse_destinations(*node, out);
  for (const Diagnostic& d : out) ADD_FAILURE() << render(d);
  return all;
}

Result<Done> judged(const std::string& yaml, const std::string& url, const std::vector<std::string>& addresses) {
  const auto all = parsed(yaml);
  const auto to = parse_url(url);
  if (!to) return std::unexpected(to.error());
  const auto found = destination_of(all, *to);
  if (!found) return std::unexpected(found.error());
  std::vector<Ip> ips;
  for (const std::string& address : addresses) ips.push_back(ip(address));
  return check_addresses(**found, *to, ips);
}

std::string refusal(const std::string& yaml, const std::string& url, const std::vector<std::string>& addresses) {
  const auto ok = judged(yaml, url, addresses);
  return ok ? "allowed" : ok.error().message;
}

TEST(Destination, OnlyWhatIsListedIsCalled) {
  const std::string one = "[{ host: API.example.org }]";
  EXPECT_TRUE(judged(one, "https://api.example.org/x", {"1.1.1.1", "2606:4700::1111"}));
  EXPECT_EQ(refusal(one, "https://api.example.org:8443/x", {"1.1.1.1"}),
            "https://api.example.org:8443 is not among the destinations of this node; if it may be called, add `- { "
            "host: \"api.example.org\", ports: [8443] }` to `destinations` in aright.yaml");
  for (const char* url : {"https://example.org", "https://xapi.example.org", "https://api.example.org.evil.net",
                          "https://x.api.example.org", "https://1.1.1.1"}) {
    EXPECT_FALSE(judged(one, url, {"1.1.1.1"})) << url;
  }
  EXPECT_FALSE(judged("[]", "https://api.example.org", {"1.1.1.1"}));
}

/// To list them is no way: that is refused too.
TEST(Destination, WhereNoRequestEverGoesIsNotAdvisedToBeListed) {
  EXPECT_EQ(refusal("[]", "http://169.254.169.254/latest", {}),
            "http://169.254.169.254 is link-local, where clouds tell a machine its keys: no request goes there");
  EXPECT_EQ(refusal("[]", "https://[fe80::1]:8443/", {}),
            "https://[fe80::1]:8443 is link-local: no request goes there");
  EXPECT_EQ(refusal("[{ host: 168.63.0.0/16 }]", "https://168.63.129.16", {}),
            "https://168.63.129.16 is a cloud's address for its machines: no request goes there");
  EXPECT_EQ(refusal("[]", "https://127.0.0.1", {}),
            "https://127.0.0.1 is not among the destinations of this node; if it may be called, add `- { host: "
            "\"127.0.0.1\" }` to `destinations` in aright.yaml");
}

TEST(Destination, NamesBelowADomain) {
  const std::string below = "[{ host: \"*.example.org\", ports: [443, 8443] }]";
  EXPECT_TRUE(judged(below, "https://a.example.org", {"1.1.1.1"}));
  EXPECT_TRUE(judged(below, "https://a.b.example.org:8443", {"1.1.1.1"}));
  EXPECT_FALSE(judged(below, "https://example.org", {"1.1.1.1"}));
  EXPECT_FALSE(judged(below, "https://aexample.org", {"1.1.1.1"}));
  EXPECT_FALSE(judged("[{ host: \"*.example.org\" }]", "https://1.1.1.1", {"1.1.1.1"}));
}

TEST(Destination, APrivateAddressMustBeListed) {
  const std::string open = "[{ host: intern.example.org }]";
  EXPECT_EQ(refusal(open, "https://intern.example.org", {"10.1.2.3"}),
            "https://intern.example.org: its host is 10.1.2.3, which is private: its entry in `destinations` does not "
            "list it; if it is meant, add networks: [10.1.2.3/32]");
  EXPECT_FALSE(judged(open, "https://intern.example.org", {"1.1.1.1", "127.0.0.1"})) << "one of them is not meant";
  const std::string listed = "[{ host: intern.example.org, networks: [10.1.0.0/16, \"fd12::/16\"] }]";
  EXPECT_TRUE(judged(listed, "https://intern.example.org", {"10.1.2.3", "fd12::5"}));
  EXPECT_TRUE(judged(listed, "https://intern.example.org", {"1.1.1.1"}));
  EXPECT_FALSE(judged(listed, "https://intern.example.org", {"10.2.0.1"}));
  EXPECT_FALSE(judged(listed, "https://intern.example.org", {"::ffff:10.1.2.3"}));
  EXPECT_EQ(judged(listed, "https://intern.example.org", {}).error().code, Errc::not_found);
}

TEST(Destination, AddressesAndNetworks) {
  const std::string some = "[{ host: 192.0.2.7 }, { host: 10.20.0.0/16, ports: [8443] }, { host: \"::1\" }]";
  EXPECT_TRUE(judged(some, "https://192.0.2.7/", {"192.0.2.7"}));
  EXPECT_TRUE(judged(some, "https://10.20.3.4:8443/", {"10.20.3.4"}));
  EXPECT_TRUE(judged(some, "https://[::1]/", {"::1"}));
  EXPECT_FALSE(judged(some, "https://10.20.3.4/", {"10.20.3.4"}));
  EXPECT_FALSE(judged(some, "https://192.0.2.8/", {"192.0.2.8"}));
  EXPECT_FALSE(judged(some, "https://intern.example.org:8443/", {"10.20.3.4"})) << "a name is not an address";
}

TEST(Destination, NobodyMayCallWhereCloudsKeepKeys) {
  for (const char* address : {"169.254.169.254", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254",
                              "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "0.0.0.0", "224.0.0.1", "100.100.100.200"}) {
    const auto said = refusal("[{ host: a.example.org, networks: [169.0.0.0/8, 100.0.0.0/8, \"fd00::/16\"] }]",
                              "https://a.example.org", {address});
    EXPECT_TRUE(said.ends_with(": no request goes there")) << said;
  }
}

TEST(Destination, PlainHttpOnlyToThisMachineUnlessSaidSo) {
  const std::string local =
      "[{ host: 127.0.0.1, ports: [8080] }, { host: localhost, ports: [8080], networks: "
      "[127.0.0.0/8] }, { host: a.example.org, ports: [80] }]";
  EXPECT_TRUE(judged(local, "http://127.0.0.1:8080/", {"127.0.0.1"}));
  EXPECT_TRUE(judged(local, "http://localhost:8080/", {"127.0.0.1"}));
  EXPECT_EQ(refusal(local, "http://a.example.org/", {"1.1.1.1"}),
            "http://a.example.org: its host is 1.1.1.1, which is not this machine, and plain http can be read and "
            "changed on the way; use https, or say `plain: true` in `destinations`");
  EXPECT_TRUE(judged("[{ host: a.example.org, plain: true }]", "http://a.example.org/", {"1.1.1.1"}));
  EXPECT_FALSE(judged("[{ host: a.example.org, plain: true }]", "https://a.example.org/", {"1.1.1.1"})) << "port 443";
}

}  // namespace
}  // namespace aright::http
