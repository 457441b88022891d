// Times, zones and addresses by themselves.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/ip_address.h"
#include "cel/functions.h"
#include "cel/instant.h"
#include "cel/zone.h"

namespace aright::cel {
namespace {

std::string time_of(std::string_view text) {
  const auto time = parse_instant(text);
  return time ? to_text(*time) : "no";
}

TEST(Instants, Texts) {
  EXPECT_EQ(time_of("2009-02-13T23:31:30Z"), "2009-02-13T23:31:30Z");
  EXPECT_EQ(time_of("2009-02-13t23:31:30.120z"), "2009-02-13T23:31:30.12Z");
  EXPECT_EQ(time_of("2009-02-13T23:31:30+02:30"), "2009-02-13T21:01:30Z");
  EXPECT_EQ(time_of("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(time_of("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(time_of("9999-12-31T23:59:59.999999999Z"), "9999-12-31T23:59:59.999999999Z");
  for (const char* bad :
       {"", "2009-02-13", "2009-02-13T23:31:30", "2009-02-30T00:00:00Z", "2009-13-01T00:00:00Z", "2009-02-13T24:00:00Z",
        "2009-02-13T23:60:00Z", "2009-02-13T23:59:60Z", "2009-02-13T23:31:30.Z", "2009-02-13T23:31:30.1234567891Z",
        "2009-02-13 23:31:30Z", "2009-02-13T23:31:30Zx", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z", "2009-02-13T23:31:30+24:00"}) {
    EXPECT_EQ(time_of(bad), "no") << bad;
  }
}

TEST(Instants, BeforeTheEpochNanosCountUp) {
  const auto time = instant(-1, 500'000'000);
  ASSERT_TRUE(time);
  EXPECT_EQ(to_text(*time), "1969-12-31T23:59:59.5Z");
  EXPECT_EQ(instant(0, -1), (Instant{-1, 999'999'999}));
  EXPECT_EQ(add(*time, Span{500'000'000}), (Instant{0, 0}));
  EXPECT_FALSE(instant(INT64_MAX, INT64_MAX));
  EXPECT_FALSE(instant(INT64_MIN, INT64_MIN));
}

TEST(Spans, Texts) {
  const auto of = [](std::string_view text) { return parse_span(text).value_or(Span{-1}); };
  EXPECT_EQ(of("1h30m"), std::chrono::minutes{90});
  EXPECT_EQ(of("-1.5s"), std::chrono::milliseconds{-1500});
  EXPECT_EQ(of(".5ms"), std::chrono::microseconds{500});
  EXPECT_EQ(of("1us2ns"), Span{1002});
  EXPECT_EQ(of("0"), Span{0});
  EXPECT_EQ(parse_span("-9223372036854775808ns"), Span{INT64_MIN});
  for (const char* bad :
       {"", "-", "1", "s", ".s", "1x", "1h ", "9223372036854775808ns", "99999999999999999999h", "1d"}) {
    EXPECT_FALSE(parse_span(bad)) << bad;
  }
  EXPECT_EQ(to_text(Span{INT64_MIN}), "-9223372036.854775808s");
  EXPECT_EQ(to_text(Span{-1}), "-0.000000001s");
}

TEST(Zones, Fixed) {
  const auto of = [](std::string_view text) {
    const auto zone = Zone::parse_fixed(text);
    return zone ? zone->offset_at(0).count() : -1;
  };
  EXPECT_EQ(of("UTC"), 0);
  EXPECT_EQ(of("+02:30"), 9000);
  EXPECT_EQ(of("-09:30"), -34200);
  EXPECT_EQ(of("05:45"), 20700);
  for (const char* bad : {"", "2", "+2:00", "+24:00", "+02:60", "+02:000", "Europe/Berlin"})
    EXPECT_EQ(of(bad), -1) << bad;
}

/// A zoneinfo file of our own with two changes in its table and a footer.
class ZoneFiles : public ::testing::Test {
 protected:
  ZoneFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "aright-zones-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~ZoneFiles() override { std::filesystem::remove_all(folder); }
  static std::string number(std::int64_t value, int width) {
    std::string out;
    for (int i = width - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return out;
  }
  static std::string file(const std::string& footer) {
    const std::string head = "TZif2" + std::string(15, '\0');
    const std::string empty = head + number(0, 4) + number(0, 4) + number(0, 4) + number(0, 4) + number(1, 4) +
                              number(4, 4) + number(0, 4) + std::string("\0\0LMT\0", 6);
    std::string out =
        empty + head + number(0, 4) + number(0, 4) + number(0, 4) + number(2, 4) + number(3, 4) + number(4, 4);
    out += number(-1000, 8) + number(1000, 8) + std::string("\1\2", 2);
    for (const int offset : {111, 3600, 7200}) out += number(offset, 4) + std::string("\0\0", 2);
    return out + std::string("LMT\0", 4) + "\n" + footer + "\n";
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
  }
  [[nodiscard]] std::int64_t offset(const std::string& footer, std::int64_t at) const {
    write("Zone", file(footer));
    const auto zone = Zone::load(folder, "Zone");
    return zone ? zone->offset_at(at).count() : -1;
  }
  static std::int64_t second(const char* text) { return parse_instant(text)->seconds; }
  std::string folder;
};

TEST_F(ZoneFiles, TheTableDecidesWhereItReaches) {
  EXPECT_EQ(offset("", -1001), 111);
  EXPECT_EQ(offset("", -1000), 3600);
  EXPECT_EQ(offset("", 999), 3600);
  EXPECT_EQ(offset("", 1000), 7200);
  EXPECT_EQ(offset("<+05>-5", 5000), 18000);
}

TEST_F(ZoneFiles, TheFooterDecidesBehindIt) {
  const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(offset(berlin, second("2090-03-26T00:59:59Z")), 3600);
  EXPECT_EQ(offset(berlin, second("2090-03-26T01:00:00Z")), 7200);
  EXPECT_EQ(offset(berlin, second("2090-10-29T00:59:59Z")), 7200);
  EXPECT_EQ(offset(berlin, second("2090-10-29T01:00:00Z")), 3600);
  const char* sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";  // summer around the new year
  EXPECT_EQ(offset(sydney, second("2090-01-01T00:00:00Z")), 39600);
  EXPECT_EQ(offset(sydney, second("2090-07-01T00:00:00Z")), 36000);
  EXPECT_EQ(offset("XXX3YYY2:30,J60/0,J300/0", second("2092-03-01T03:00:00Z")), -9000);
  EXPECT_EQ(offset("XXX3YYY2:30,J60/0,J300/0", second("2092-03-01T02:59:59Z")), -10800);
}

TEST_F(ZoneFiles, WhatIsNoZoneIsRefused) {
  for (const char* footer : {"C-1", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "<CET-1"}) {
    EXPECT_EQ(offset(footer, 5000), -1) << footer;
  }
  for (const std::string name : {"", "/etc/passwd", "../Zone", "A/../Zone", "Zone/", "a\nb"}) {
    EXPECT_EQ(Zone::load(folder, name).error().code, Errc::invalid) << name;
  }
  EXPECT_EQ(Zone::load(folder, "None").error().code, Errc::not_found);
  EXPECT_EQ(Zone::load("/", "tmp").error().code, Errc::not_found);
  const std::string whole = file("CET-1");
  for (std::size_t length = 1; length < whole.size() - 6; length += 7) {
    write("Short", whole.substr(0, length));
    EXPECT_FALSE(Zone::load(folder, "Short")) << length;
  }
}

std::string ip_of(std::string_view text) {
  const auto ip = parse_ip(text);
  return ip ? ip->text() : "no";
}

TEST(Addresses, TextsAreCanonical) {
  EXPECT_EQ(ip_of("192.168.0.1"), "192.168.0.1");
  EXPECT_EQ(ip_of("2001:DB8:0:0:0:0:0:68"), "2001:db8::68");
  EXPECT_EQ(ip_of("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one zero stays
  EXPECT_EQ(ip_of("1:0:0:2:0:0:0:3"), "1:0:0:2::3");                 // the longest
  EXPECT_EQ(ip_of("1:0:0:2:3:0:0:4"), "1::2:3:0:0:4");               // the first of equals
  EXPECT_EQ(ip_of("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(ip_of("1::"), "1::");
  EXPECT_EQ(ip_of("::1.2.3.4"), "::102:304");
  EXPECT_EQ(ip_of("::ffff:c0a8:1"), "192.168.0.1");
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.0.0.1", "1.2.3.4 ", "fe80::1%eth0",
                          "::ffff:1.2.3.4", ":::", "1:2:3:4:5:6:7:8:9", "g::1"}) {
    EXPECT_EQ(ip_of(bad), "no") << bad;
  }
  EXPECT_EQ(ip_of(std::string_view("1.2.3.4\0x", 9)), "no");
}

TEST(Addresses, Kinds) {
  const auto ip = [](const char* text) { return *parse_ip(text); };
  EXPECT_TRUE(ip("127.8.8.8").is_loopback() && ip("::1").is_loopback() && !ip("::2").is_loopback());
  EXPECT_TRUE(ip("10.0.0.1").is_global_unicast() && ip("fd00::1").is_global_unicast());
  for (const char* text :
       {"0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "ff02::1", "169.254.1.1", "fe80::1", "::1"}) {
    EXPECT_FALSE(ip(text).is_global_unicast()) << text;
  }
  EXPECT_TRUE(ip("febf::1").is_link_local_unicast() && !ip("fec0::1").is_link_local_unicast());
  EXPECT_TRUE(ip("224.0.0.9").is_link_local_multicast() && !ip("224.0.1.1").is_link_local_multicast());
}

TEST(Addresses, Networks) {
  const auto net = [](const char* text) { return *parse_cidr(text); };
  EXPECT_EQ(net("10.1.2.3/12").masked().text(), "10.0.0.0/12");
  EXPECT_EQ(net("2001:db8:ffff::1/33").masked().text(), "2001:db8:8000::/33");
  EXPECT_EQ(net("1.2.3.4/32").masked(), net("1.2.3.4/32"));
  EXPECT_EQ(net("1.2.3.4/0").masked().text(), "0.0.0.0/0");
  EXPECT_TRUE(net("10.1.2.3/8").contains(*parse_ip("10.255.255.255")));
  EXPECT_FALSE(net("0.0.0.0/0").contains(*parse_ip("::1")));
  EXPECT_TRUE(net("10.0.0.0/8").contains(net("10.2.0.0/16")));
  EXPECT_FALSE(net("10.2.0.0/16").contains(net("10.0.0.0/8")));
  for (const char* bad : {"", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/-1", "1.2.3.4/8x", "::1/129",
                          "::ffff:102:304/120", "/8"}) {
    EXPECT_FALSE(parse_cidr(bad)) << bad;
  }
}

TEST(FunctionTable, NoTwoOverloadsTakeTheSame) {
  for (const Style style : {Style::sign, Style::function, Style::method, Style::message}) {
    const auto names = known_names(style);
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) {
      const auto all = overloads(name, style);
      ASSERT_FALSE(all.empty()) << name;
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_NE(all[i].call, nullptr);
        EXPECT_EQ(all[i].name, name);
        for (std::size_t k = 0; k < i; ++k) EXPECT_NE(describe(all[i]), describe(all[k]));
      }
    }
  }
  EXPECT_TRUE(overloads("none", Style::method).empty());
  EXPECT_TRUE(overloads("startsWith", Style::function).empty());
}

}  // namespace
}  // namespace aright::cel
