// Texts of times and spans, both ways.
#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>

namespace aright {
namespace {

using namespace std::chrono_literals;

WallTime at(std::int64_t seconds, std::int64_t nanos = 0) {
  return WallTime{std::chrono::seconds{seconds} + Nanos{nanos}};
}

TEST(Rfc3339, ReadsByTable) {
  const std::vector<std::pair<std::string, WallTime>> table{
      {"1970-01-01T00:00:00Z", at(0)},
      {"1969-12-31T23:59:59.999999999Z", at(-1, 999'999'999)},
      {"2000-02-29T12:00:00Z", at(951'825'600)},
      {"2024-02-29T23:59:59Z", at(1'709'251'199)},
      {"2026-11-24T00:18:04.000123Z", at(1'795'479'484, 123'000)},
      {"2026-11-24T00:18:04.5Z", at(1'795'479'484, 500'000'000)},
      {"2038-01-19T03:14:08Z", at(2'147'483'648)},
      {"2262-04-11T23:47:16.854775807Z", at(9'223'372'036, 854'775'807)},  // the last one there is
      {"1677-09-21T00:12:44Z", at(-9'223'372'036)},
  };
  for (const auto& [text, time] : table) {
    const auto read = parse_rfc3339(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, time) << text;
  }
}

TEST(Rfc3339, RefusesByTable) {
  for (const char* bad : {"",
                          "Z",
                          "2026",
                          "2026-11-24",
                          "2026-11-24T00:18:04",
                          "2026-11-24T00:18:04z",
                          "2026-11-24t00:18:04Z",
                          "2026-11-24 00:18:04Z",
                          "2026-11-24T00:18Z",
                          "2026-11-24T00:18:04+00:00",
                          "2026-11-24T00:18:04+01:00",
                          "2026-11-24T00:18:04.Z",
                          "2026-11-24T00:18:04.1234567890Z",
                          "2026-11-24T00:18:04,5Z",
                          "2026-11-24T00:18:04Z ",
                          " 2026-11-24T00:18:04Z",
                          "2026-11-24T00:18:04Zx",
                          "2026-00-24T00:00:00Z",
                          "2026-13-24T00:00:00Z",
                          "2026-11-00T00:00:00Z",
                          "2026-11-31T00:00:00Z",
                          "2026-02-29T00:00:00Z",
                          "1900-02-29T00:00:00Z",
                          "2100-02-29T00:00:00Z",
                          "2026-11-24T24:00:00Z",
                          "2026-11-24T00:60:00Z",
                          "2026-11-24T00:00:60Z",
                          "2026-1-24T00:00:00Z",
                          "26-11-24T00:00:00Z",
                          "-026-11-24T00:00:00Z",
                          "+026-11-24T00:00:00Z",
                          "12026-11-24T00:00:00Z",
                          "2026-11-24T-1:00:00Z",
                          "2026-11-24T00:-1:00Z",
                          "2026-11-24T00:00:04.-1Z",
                          "2262-04-11T23:47:16.854775808Z",
                          "2262-04-12T00:00:00Z",
                          "1677-09-21T00:12:43.999999999Z",
                          "9999-12-31T23:59:59Z",
                          "0000-01-01T00:00:00Z",
                          "0001-01-01T00:00:00Z"}) {
    const auto read = parse_rfc3339(bad);
    EXPECT_FALSE(read) << bad;
    EXPECT_TRUE(read || read.error().message.find(bad) != std::string::npos);
  }
}

RC_GTEST_PROP(Rfc3339, EveryMicrosecondRoundTrips, ()) {
  const auto micros = *rc::gen::inRange<std::int64_t>(-9'223'372'035'999'999, 9'223'372'036'854'776);
  const WallTime time{std::chrono::microseconds{micros}};
  const auto read = parse_rfc3339(rfc3339(time));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == time);
}

RC_GTEST_PROP(Rfc3339, TextsSortAsTimesDo, ()) {
  const auto seconds = rc::gen::inRange<std::int64_t>(-9'000'000'000, 9'000'000'000);
  const WallTime a = at(*seconds);
  const WallTime b = at(*seconds);
  RC_ASSERT((rfc3339(a) < rfc3339(b)) == (a < b));
}

TEST(Past, IsASpanAgoADayOrATime) {
  const WallTime now = *parse_rfc3339("2026-12-05T10:00:00Z");
  EXPECT_EQ(*parse_past("30m", now), *parse_rfc3339("2026-12-05T09:30:00Z"));
  EXPECT_EQ(*parse_past("2026-11-01", now), *parse_rfc3339("2026-11-01T00:00:00Z"));
  EXPECT_EQ(*parse_past("2026-11-01T08:00:00Z", now), *parse_rfc3339("2026-11-01T08:00:00Z"));
  EXPECT_EQ(*parse_day_or_time("2027-01-31"), *parse_rfc3339("2027-01-31T00:00:00Z"));
  for (const char* text : {"yesterday", "2026-11", "2026-11-31", "2026-1-1", "", "-1h", "2026-11-01T08"}) {
    const auto time = parse_past(text, now);
    ASSERT_FALSE(time) << text;
    EXPECT_NE(time.error().message.find("write how long ago"), std::string::npos) << time.error().message;
  }
}

TEST(Duration, ReadsByTable) {
  const std::vector<std::pair<std::string, Nanos>> table{
      {"1ms", 1ms},    {"250ms", 250ms},   {"5s", 5s},   {"90m", 90min},           {"1h", 1h},
      {"7d", 7 * 24h}, {"1000ms", 1000ms}, {"007s", 7s}, {"106751d", 106751 * 24h}};
  for (const auto& [text, span] : table) {
    const auto read = parse_duration(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, span) << text;
  }
}

TEST(Duration, RefusesByTable) {
  for (const char* bad : {"",
                          "5",
                          "s",
                          "ms",
                          "-5s",
                          "+5s",
                          "0s",
                          "0ms",
                          "5 s",
                          " 5s",
                          "5s ",
                          "5S",
                          "5sec",
                          "5us",
                          "5ns",
                          "5w",
                          "1.5h",
                          "1h30m",
                          "0x5s",
                          "5e3s",
                          "106752d",
                          "2562048h",
                          "9223372037s",
                          "9223372036854776ms",
                          "9223372036854775807d",
                          "9223372036854775808s",
                          "99999999999999999999999s"}) {
    const auto read = parse_duration(bad);
    EXPECT_FALSE(read) << bad;
    EXPECT_TRUE(read || read.error().message.find("\"" + std::string(bad) + "\"") != std::string::npos);
  }
}

TEST(Duration, WritesTheShortestForm) {
  EXPECT_EQ(format_duration(1ms), "1ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(60s), "1m");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(24h), "1d");
  EXPECT_EQ(format_duration(25h), "25h");
}

RC_GTEST_PROP(Duration, IsReadAgainAsTheSame, ()) {
  const auto millis = *rc::gen::inRange<std::int64_t>(1, 9'223'372'036'854);
  const Nanos span = std::chrono::milliseconds{millis};
  const auto read = parse_duration(format_duration(span));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == span);
}

}  // namespace
}  // namespace aright
