// Windows over sources that do not all go equally far, against the windows of each mode by itself.
#include "detect/sigma/mode_windows.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace aright::detect::sigma {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Mode, 4> modes{Mode::observe, Mode::plan, Mode::propose, Mode::auto_};

Correlation counted(std::uint64_t least, std::optional<std::uint64_t> most = {}) {
  Correlation made;
  made.group_by = {"ip"};
  made.timespan = 10s;
  made.count.least = least;
  made.count.most = most;
  return made;
}
Occurrence seen(std::chrono::milliseconds time, std::uint64_t offset) { return {WallTime(time), "log", offset}; }

TEST(SigmaModeWindows, WhatSufficesByItselfSaysHowFarWorkflowsGo) {
  ModeWindows windows(counted(3));
  EXPECT_EQ(windows.add({"a"}, seen(0s, 1), Mode::observe).mode(), std::nullopt);
  EXPECT_EQ(windows.add({"a"}, seen(1s, 2), Mode::observe).mode(), std::nullopt);
  EXPECT_EQ(windows.add({"a"}, seen(2s, 3), Mode::auto_).mode(), Mode::observe) << "only all together";
  EXPECT_EQ(windows.add({"a"}, seen(3s, 4), Mode::propose).mode(), std::nullopt) << "it said so already";
  EXPECT_EQ(windows.add({"a"}, seen(4s, 5), Mode::auto_).mode(), Mode::propose) << "3 go as far as that";
  EXPECT_EQ(windows.add({"a"}, seen(5s, 6), Mode::auto_).mode(), Mode::auto_);
  EXPECT_EQ(windows.events(), 6U);
}

TEST(SigmaModeWindows, WhatGoesLessFarKeepsNothingFromBeingCompleted) {
  ModeWindows windows(counted(2, 3));
  for (std::uint64_t i = 0; i < 9; ++i) static_cast<void>(windows.add({"a"}, seen(0s, i), Mode::observe));
  EXPECT_EQ(windows.add({"a"}, seen(1s, 20), Mode::auto_).mode(), std::nullopt);
  EXPECT_EQ(windows.add({"a"}, seen(2s, 21), Mode::auto_).mode(), Mode::auto_)
      << "too many of the others are no matter";
  ModeWindows late(counted(2));
  static_cast<void>(late.add({"a"}, seen(5min, 1), Mode::observe));
  static_cast<void>(late.add({"a"}, seen(0s, 2), Mode::auto_));
  EXPECT_EQ(late.add({"a"}, seen(1s, 3), Mode::auto_).mode(), Mode::auto_) << "nor that they are ahead";
}

TEST(SigmaModeWindows, AnEventThatIsReadAgainStaysWhatItWas) {
  ModeWindows windows(counted(2));
  static_cast<void>(windows.add({"a"}, seen(0s, 1), Mode::observe));
  EXPECT_EQ(windows.add({"a"}, seen(0s, 1), Mode::auto_).mode(), std::nullopt);
  EXPECT_EQ(windows.add({"a"}, seen(1s, 2), Mode::auto_).mode(), Mode::observe);
}

TEST(SigmaModeWindows, WhereAllGoEquallyFarNothingIsThereTwice) {
  for (const Mode mode : modes) {
    ModeWindows windows(counted(3));
    for (std::uint64_t i = 0; i < 9; ++i) static_cast<void>(windows.add({"a"}, seen(0s, i), mode));
    const Json all = windows.take_all();
    std::size_t kept = all.at("groups").size();
    const Json modes_of = all.value("modes", Json::object());
    for (const Json& one : modes_of) kept += one.at("groups").size();
    EXPECT_EQ(kept, 1U) << name(mode);
  }
}

TEST(SigmaModeWindows, HowManyThereWereByHowFarTheyGo) {
  ModeWindows windows(counted(5));
  static_cast<void>(windows.add({"a"}, seen(0s, 1), Mode::observe));
  static_cast<void>(windows.add({"a"}, seen(1s, 2), Mode::auto_));
  static_cast<void>(windows.add({"a"}, seen(2s, 3), Mode::observe));
  const auto counts = windows.count_at({"a"}, "log", 3);
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].count, 3U);
  EXPECT_EQ(counts[1].mode, Mode::auto_);
  EXPECT_EQ(counts[1].count, 1U);
  EXPECT_TRUE(windows.count_at({"b"}, "log", 3).empty());
}

TEST(SigmaModeWindows, SilentIsWhatCanCompleteNothingOfAnyMode) {
  ModeWindows windows(counted(2));
  static_cast<void>(windows.add({"a"}, seen(0s, 1), Mode::observe));
  static_cast<void>(windows.add({"a"}, seen(1s, 2), Mode::auto_));
  EXPECT_FALSE(windows.silenced_by({"a"}, seen(2s, 3).at)) << "one more that goes further completes that";
  static_cast<void>(windows.add({"a"}, seen(2s, 3), Mode::auto_));
  EXPECT_EQ(windows.silenced_by({"a"}, seen(3s, 4).at), seen(1s, 2).at);
  const auto counts = windows.count_at({"a"}, "log", 3);
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_TRUE(counts[0].after) << "of all, the one before was the second";
  EXPECT_FALSE(counts[1].after);
}

TEST(SigmaModeWindows, SnapshotsWithoutModesAreAsTheyWereCounted) {
  ModeWindows before(counted(2));
  static_cast<void>(before.add({"a"}, seen(0s, 1), Mode::auto_));
  const Json written = before.take_all();
  EXPECT_FALSE(written.contains("modes")) << "as versions before wrote it";
  ModeWindows now(counted(2));
  ASSERT_TRUE(now.restore(written));
  EXPECT_EQ(now.add({"a"}, seen(1s, 2), Mode::auto_).mode(), Mode::auto_);
  for (const char* word : {"auto", "off?", "1"}) {
    Json bad = written;
    bad["modes"][word] = written;
    EXPECT_EQ(ModeWindows(counted(2)).restore(bad).error().code, Errc::corrupt) << word;
  }
  Json bad = written;
  bad["modes"]["observe"] = {{"groups", 5}};
  EXPECT_EQ(ModeWindows(counted(2)).restore(bad).error().code, Errc::corrupt);
  bad["modes"] = Json::array({written});
  EXPECT_EQ(ModeWindows(counted(2)).restore(bad).error().code, Errc::corrupt);
}

/// By the words of the definition, for events in order: of those with which workflows go at least so far.
struct Definition {
  std::uint64_t least{0};
  std::vector<std::chrono::milliseconds> times;
  std::optional<std::chrono::milliseconds> fired;
  bool add(std::chrono::milliseconds now) {
    times.push_back(now);
    const auto inside = std::ranges::count_if(times, [&](auto t) { return t > now - 10s; });
    if (static_cast<std::uint64_t>(inside) < least || (fired && now < *fired + 10s)) return false;
    fired = now;
    return true;
  }
};

RC_GTEST_PROP(SigmaModeWindows, AgreesWithTheDefinitionOfEachMode, ()) {
  const auto least = *rc::gen::inRange<std::uint64_t>(1, 5);
  ModeWindows windows(counted(least));
  std::map<Mode, Definition> each;
  for (const Mode mode : modes) each[mode].least = least;
  auto now = 0ms;
  for (std::uint64_t i = *rc::gen::inRange<std::uint64_t>(0, 60); i > 0; --i) {
    now += std::chrono::milliseconds(*rc::gen::inRange(0, 5000));
    const Mode of = modes.at(*rc::gen::inRange<std::size_t>(0, modes.size()));
    std::optional<Mode> expected;
    for (const Mode mode : modes) {
      if (mode <= of && each[mode].add(now)) expected = mode;
    }
    RC_ASSERT(windows.add({"a"}, seen(now, i), of).mode() == expected);
  }
}

/// In any order, with limits that are reached, put aside and taken up again at any time.
RC_GTEST_PROP(SigmaModeWindows, WhatGoesLessFarChangesNothingForTheOthers, ()) {
  const Correlation correlation = counted(3, *rc::gen::inRange<std::uint64_t>(3, 6));
  const WindowLimits limits{.groups_max = 3, .events_max = 12, .lateness = 5s};
  std::map<Mode, CountWindows> alone;
  for (const Mode mode : modes) alone.emplace(mode, CountWindows(correlation, limits));
  ModeWindows one(correlation, limits);
  ModeWindows row(correlation, limits);
  for (std::uint64_t i = *rc::gen::inRange<std::uint64_t>(0, 80); i > 0; --i) {
    const Group group{std::string(1, *rc::gen::inRange('a', 'f'))};
    const Occurrence event = seen(std::chrono::seconds(*rc::gen::inRange(0, 40)), i);
    const Mode of = modes.at(*rc::gen::inRange<std::size_t>(0, modes.size()));
    std::optional<Mode> expected;
    for (auto& [mode, windows] : alone) {
      if (mode <= of && windows.add(group, event) == CountWindows::Outcome::fired) expected = mode;
    }
    RC_ASSERT(one.add(group, event, of).mode() == expected);
    if (*rc::gen::inRange(0, 4) != 0) continue;
    RC_ASSERT(row.restore(Json::parse(one.take_changes().dump())));  // one change after the other
    one = row;
    row = ModeWindows(correlation, limits);
    RC_ASSERT(row.restore(one.take_all()));
  }
}

}  // namespace
}  // namespace aright::detect::sigma
