#include "source/schedule/schedule_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace aright::source {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
const ScheduleSource::Clock::time_point start{1h};

std::vector<std::string> controls(const std::vector<Hint>& hints) {
  std::vector<std::string> names;
  for (const Hint& hint : hints) {
    EXPECT_EQ(hint.what, Hint::What::scan);
    names.push_back(hint.control);
  }
  return names;
}

TEST(ScheduleSource, ArmsNothingWhenNothingIsScheduled) {
  ScheduleSource source({}, start);
  EXPECT_FALSE(source.deadline());
  EXPECT_THAT(source.due(start + 24h), IsEmpty());
}

TEST(ScheduleSource, OtherItemsLeaveTheTimesOfThoseThatStayAlone) {
  ScheduleSource source({{"stays", 10s}, {"other-time", 10s}, {"goes", 1s}}, start);
  source.adopt({{"stays", 10s}, {"other-time", 4s}, {"new", 7s}}, start + 9s);
  EXPECT_THAT(controls(source.due(start + 10s)), ElementsAre("stays"));
  EXPECT_EQ(source.deadline(), start + 13s);
  EXPECT_THAT(controls(source.due(start + 16s)), ElementsAre("other-time", "new"));
  source.adopt({}, start + 17s);
  EXPECT_FALSE(source.deadline());
}

TEST(ScheduleSource, ScansEachControlAfterItsOwnTimeInTheGivenOrder) {
  ScheduleSource source({{"slow", 3s}, {"quick", 1s}, {"also-quick", 1s}}, start);
  EXPECT_EQ(source.deadline(), start + 1s);
  EXPECT_THAT(source.due(start + 999ms), IsEmpty());
  EXPECT_THAT(controls(source.due(start + 1s)), ElementsAre("quick", "also-quick"));
  EXPECT_THAT(source.due(start + 1s), IsEmpty());
  EXPECT_THAT(controls(source.due(start + 3s)), ElementsAre("slow", "quick", "also-quick"));
  EXPECT_EQ(source.deadline(), start + 4s);
}

TEST(ScheduleSource, WhatWasMissedIsOneScan) {
  ScheduleSource source({{"quick", 1s}}, start);
  EXPECT_THAT(controls(source.due(start + 1h)), ElementsAre("quick"));
  EXPECT_EQ(source.deadline(), start + 1h + 1s);
}

TEST(ScheduleSource, OffsetsCountScans) {
  ScheduleSource source({{"a", 1s}, {"b", 1s}}, start);
  const auto first = source.due(start + 1s);
  const auto second = source.due(start + 2s);
  ASSERT_EQ(first.size() + second.size(), 4U);
  EXPECT_EQ(first[0].offset, 1U);
  EXPECT_EQ(second[1].offset, 4U);
}

RC_GTEST_PROP(ScheduleSource, NeverScansTooEarlyNorForgets, ()) {
  const auto every = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 50)));
  const auto pauses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40));
  std::vector<ScheduleSource::Item> items;
  std::map<std::string, ScheduleSource::Clock::time_point> last;
  for (std::size_t i = 0; i < every.size(); ++i) {
    items.push_back({std::to_string(i), std::chrono::seconds{every[i]}});
    last[items.back().control] = start;
  }
  ScheduleSource source(items, start);
  auto now = start;
  for (const int pause : pauses) {
    now += std::chrono::seconds{pause};
    const auto scanned = controls(source.due(now));
    for (const auto& item : items) {
      const bool is_due = now - last[item.control] >= item.every;
      RC_ASSERT(is_due == (std::ranges::count(scanned, item.control) == 1));
      if (is_due) last[item.control] = now;
    }
    RC_ASSERT(source.deadline() > now);
  }
}

}  // namespace
}  // namespace aright::source
