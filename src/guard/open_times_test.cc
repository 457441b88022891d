#include "guard/open_times.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace aright::guard {
namespace {

using namespace std::chrono;

WallTime at(const char* text) { return *parse_rfc3339(text); }

DaySpan span(std::initializer_list<std::size_t> days, minutes from, minutes to) {
  DaySpan made{{}, from, to};
  for (const std::size_t day : days) made.days.at(day) = true;
  return made;
}
DaySpan daily(minutes from, minutes to) { return span({0, 1, 2, 3, 4, 5, 6}, from, to); }

OpenTimes made(TimeWindow window) {
  auto times = OpenTimes::make(window);
  if (!times) throw std::runtime_error(times.error().message);
  return *times;
}

std::string reason(const OpenTimes& times, WallTime now) {
  const Verdict verdict = times.verdict({now, {}, "boot"});
  if (const auto* wait = std::get_if<Suppress>(&verdict)) return "wait: " + wait->reason;
  if (const auto* hold = std::get_if<Hold>(&verdict)) return "hold: " + hold->reason;
  return "admit";
}

TEST(OpenTimes, OfficeHoursOnWeekdays) {
  const OpenTimes times = made({"Europe/Berlin", {span({1, 2, 3, 4, 5}, 8h, 18h)}, {}, false});
  EXPECT_FALSE(times.open(at("2026-11-27T06:59:59Z")));
  EXPECT_TRUE(times.open(at("2026-11-27T07:00:00Z")));  // a Friday
  EXPECT_TRUE(times.open(at("2026-11-27T16:59:59.999Z")));
  EXPECT_FALSE(times.open(at("2026-11-27T17:00:00Z")));
  EXPECT_FALSE(times.open(at("2026-11-28T10:00:00Z")));
  EXPECT_EQ(reason(times, at("2026-11-27T17:00:05Z")),
            "wait: Fri 18:00:05 in Europe/Berlin is outside the allowed times; it opens 2026-11-30T07:00:00.000000Z");
  const Verdict verdict = times.verdict({at("2026-11-30T06:59:58Z"), {}, "boot"});
  EXPECT_EQ(std::get<Suppress>(verdict).again_after, 2s);
}

TEST(OpenTimes, ForbiddenTimesWinAndMayHold) {
  const OpenTimes times = made({"UTC", {daily(0h, 24h)}, {span({5}, 16h, 8h)}, true});
  EXPECT_TRUE(times.open(at("2026-11-27T15:59:59Z")));
  EXPECT_EQ(reason(times, at("2026-11-27T16:00:00Z")),
            "hold: Fri 16:00:00 in UTC is forbidden: fri 16:00 to 08:00; it opens 2026-11-28T08:00:00.000000Z");
  EXPECT_FALSE(times.open(at("2026-11-28T07:59:59Z"))) << "over midnight it is the day on which it began";
  EXPECT_TRUE(times.open(at("2026-11-28T08:00:00Z")));
}

TEST(OpenTimes, ATimeThatTheClockIsSetOver) {  // 29 March 2026: 02:00 is 03:00
  const OpenTimes never = made({"Europe/Berlin", {daily(2h + 15min, 2h + 45min)}, {}, false});
  EXPECT_EQ(*never.opens(at("2026-03-29T00:00:00Z")), at("2026-03-30T00:15:00Z"));
  const OpenTimes late = made({"Europe/Berlin", {daily(2h + 30min, 4h)}, {}, false});
  EXPECT_FALSE(late.open(at("2026-03-29T00:59:59Z")));
  EXPECT_TRUE(late.open(at("2026-03-29T01:00:00Z")));
  EXPECT_FALSE(late.open(at("2026-03-29T02:00:00Z")));
}

TEST(OpenTimes, ATimeThatTheClockShowsTwice) {  // 25 October 2026: 03:00 is 02:00
  const OpenTimes allowed = made({"Europe/Berlin", {daily(1h, 2h + 30min)}, {}, false});
  EXPECT_TRUE(allowed.open(at("2026-10-25T00:29:59Z")));
  EXPECT_FALSE(allowed.open(at("2026-10-25T00:30:00Z")));
  EXPECT_FALSE(allowed.open(at("2026-10-25T01:10:00Z"))) << "02:10 for the second time";
  const OpenTimes forbidden = made({"Europe/Berlin", {}, {daily(1h, 2h + 30min)}, false});
  EXPECT_FALSE(forbidden.open(at("2026-10-25T00:45:00Z"))) << "02:45, but it will be 02:10 again";
  EXPECT_FALSE(forbidden.open(at("2026-10-25T01:29:59Z")));
  EXPECT_TRUE(forbidden.open(at("2026-10-25T01:30:00Z")));
}

TEST(OpenTimes, ADayThatIsLeftOut) {  // Samoa had no 30 December 2011, a Friday
  const OpenTimes fridays = made({"Pacific/Apia", {span({5}, 0h, 24h)}, {}, false});
  EXPECT_EQ(*fridays.opens(at("2011-12-29T12:00:00Z")), at("2012-01-05T10:00:00Z"));
}

TEST(OpenTimes, AZoneThatIsNone) {
  EXPECT_EQ(OpenTimes::make({"Europe/Brelin", {daily(0h, 1h)}, {}, false}).error().message,
            "no time zone \"Europe/Brelin\" in /usr/share/zoneinfo");
  EXPECT_EQ(OpenTimes::make({"../etc/passwd", {}, {}, false}).error().code, Errc::invalid);
}

TEST(OpenTimes, WhatIsNeverOpen) {
  EXPECT_TRUE(ever_open({"UTC", {}, {daily(0h, 23h + 59min)}, false}));
  EXPECT_FALSE(ever_open({"UTC", {}, {daily(0h, 24h)}, false}));
  EXPECT_FALSE(ever_open({"UTC", {span({1}, 22h, 2h)}, {span({1}, 20h, 24h), span({2}, 0h, 2h)}, false}));
  EXPECT_EQ(reason(made({"UTC", {}, {daily(0h, 24h)}, false}), at("2026-11-27T16:00:00Z")),
            "wait: Fri 16:00:00 in UTC is forbidden: daily 00:00 to 24:00; it does not open within fifteen days");
  const OpenTimes no_day = made({"UTC", {span({}, 8h, 18h)}, {}, true});
  EXPECT_EQ(reason(no_day, at("2026-11-27T16:00:00Z")),
            "hold: Fri 16:00:00 in UTC is outside the allowed times; it does not open within fifteen days");
  EXPECT_EQ(no_day.opens(at("2026-11-27T16:00:00Z")), std::nullopt);
}

TEST(OpenTimes, AreSaidAsPeopleWriteThem) {
  EXPECT_EQ(text(daily(8h, 18h + 5min)), "daily 08:00 to 18:05");
  EXPECT_EQ(text(span({0, 1, 6}, 22h, 2h)), "mon, sat, sun 22:00 to 02:00");
}

/// Written from the text: minute by minute over the days around `minute`.
class Slow {
 public:
  Slow(TimeWindow window, std::int64_t minute) : window_(std::move(window)), first_((minute / 1440 - 10) * 1440) {
    const cel::Zone zone =
        cel::Zone::parse_fixed(window_.zone)
            .or_else([&] { return std::optional(*cel::Zone::load(OpenTimes::system_zones, window_.zone)); })
            .value();
    for (std::int64_t m = first_; m < first_ + 30 * 1440; ++m) {
      shown_.push_back(m + duration_cast<minutes>(zone.offset_at(m * 60)).count());
    }
  }
  bool open(std::int64_t minute) const {
    bool allowed = window_.allow.empty();
    for (const DaySpan& span : window_.allow) allowed = allowed || in(span, minute, false);
    return allowed && std::ranges::none_of(window_.forbid, [&](const DaySpan& s) { return in(s, minute, true); });
  }

 private:
  /// What the clock shows, in minutes since 1970.
  std::int64_t shown(std::int64_t minute) const { return shown_.at(static_cast<std::size_t>(minute - first_)); }
  bool in(const DaySpan& span, std::int64_t minute, bool forbidden) const {
    const std::int64_t today = minute / 1440;
    for (std::int64_t day = today - 3; day <= today + 2; ++day) {
      if (!span.days.at(static_cast<std::size_t>((day + 4) % 7))) continue;  // the first of 1970 was a Thursday
      const std::int64_t from = day * 1440 + span.from.count();
      const std::int64_t to = day * 1440 + span.to.count() + (span.to > span.from ? 0 : 1440);
      std::optional<std::int64_t> begin;
      std::optional<std::int64_t> end;
      for (std::int64_t u = (day - 2) * 1440; u < (day + 4) * 1440; ++u) {
        if (!begin && shown(u) >= from) begin = u;
        if (!end && shown(u) >= to) end = u;
        if (forbidden && shown(u) == to) end = u;  // the last time that it is shown
      }
      if (minute >= *begin && minute < *end) return true;
    }
    return false;
  }
  TimeWindow window_;
  std::int64_t first_;
  std::vector<std::int64_t> shown_;
};

DaySpan any_span() {
  DaySpan made;
  for (bool& day : made.days) day = *rc::gen::weightedElement<bool>({{2, true}, {1, false}});
  made.from = minutes{*rc::gen::inRange(0, 288) * 5};
  made.to = minutes{*rc::gen::inRange(1, 289) * 5};
  return made;
}

RC_GTEST_PROP(OpenTimes, AgreesWithASlowReference, ()) {
  const std::string zone =
      *rc::gen::element<std::string>("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                                     "Antarctica/Troll", "Africa/Casablanca", "Asia/Kathmandu", "UTC", "-09:30");
  TimeWindow window{zone, {}, {}, false};
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) window.allow.push_back(any_span());
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) window.forbid.push_back(any_span());
  const OpenTimes times = made(window);
  // Around the days on which clocks are set, more often than not.
  const auto days_of = [](const char* text) { return floor<days>(at(text)).time_since_epoch().count(); };
  const auto day =
      *rc::gen::oneOf(rc::gen::element<std::int64_t>(days_of("2026-03-29T00:00:00Z"), days_of("2026-10-25T00:00:00Z"),
                                                     days_of("2026-03-08T00:00:00Z"), days_of("2026-11-01T00:00:00Z"),
                                                     days_of("2026-04-04T00:00:00Z"), days_of("2026-10-03T00:00:00Z"),
                                                     days_of("2011-12-30T00:00:00Z"), days_of("2026-02-15T00:00:00Z")),
                      rc::gen::cast<std::int64_t>(rc::gen::inRange(10'000, 24'000)));
  const std::int64_t minute = day * 1440 + *rc::gen::inRange(-1440, 2880);
  const WallTime now{minutes{minute}};
  const Slow slow(window, minute);
  RC_ASSERT(times.open(now) == slow.open(minute));
  const auto opens = times.opens(now);
  RC_ASSERT((opens == now) == slow.open(minute));
  if (!opens || *opens == now) return;
  const std::int64_t opening = floor<minutes>(*opens).time_since_epoch().count();
  RC_ASSERT(*opens == WallTime{minutes{opening}});
  RC_ASSERT(slow.open(opening));
  RC_ASSERT(!slow.open(opening - 1));
  const std::int64_t between = *rc::gen::inRange(minute, opening);
  RC_ASSERT(!slow.open(between));
}

}  // namespace
}  // namespace aright::guard
