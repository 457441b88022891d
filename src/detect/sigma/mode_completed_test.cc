// Windows of sources that do not all go equally far, over a restart: what was completed in an earlier life is known for
// the modes for which it was, and for no other.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "detect/sigma/mode_windows.h"

namespace aright::detect::sigma {
namespace {

using namespace std::chrono_literals;
using Completion = ModeWindows::Completion;

constexpr std::array<Mode, 4> told_modes{Mode::observe, Mode::plan, Mode::propose, Mode::auto_};
const Group the_group{"a"};

Correlation at_least(std::uint64_t least, std::optional<std::uint64_t> most = {}) {
  Correlation made;
  made.group_by = {"ip"};
  made.timespan = 10s;
  made.count = {least, most};
  return made;
}

struct Told {
  Occurrence event;
  Mode mode{Mode::auto_};
};
Told told(std::chrono::milliseconds at, Mode mode) {
  return {{WallTime(at), "log", static_cast<std::uint64_t>(at.count())}, mode};
}

/// By mode: windows that have never heard of modes, over the events that go at least so far.
class Alone {
 public:
  explicit Alone(const Correlation& correlation) : correlation_(correlation) {
    for (const Mode mode : told_modes) each_.emplace(mode, CountWindows(correlation));
  }
  std::map<Mode, WallTime> add(const Told& one) {
    std::map<Mode, WallTime> fired;
    for (auto& [mode, windows] : each_) {
      if (mode > one.mode || windows.add(the_group, one.event) != CountWindows::Outcome::fired) continue;
      fired[mode] = *windows.completed(the_group);
      since_.emplace_back(mode, fired[mode]);
    }
    return fired;
  }
  void put_aside() {
    since_.clear();
    for (auto& [mode, windows] : each_) aside_[mode] = windows.take_all();
  }
  void restart() {
    for (auto& [mode, windows] : each_) {
      windows = CountWindows(correlation_);
      if (const auto known = aside_.find(mode); known != aside_.end()) RC_ASSERT(windows.restore(known->second));
      windows.hold();
    }
    for (const auto& [mode, until] : since_) each_.at(mode).note_completed(the_group, until);
  }

 private:
  Correlation correlation_;
  std::map<Mode, CountWindows> each_;
  std::map<Mode, Json> aside_;
  std::vector<std::pair<Mode, WallTime>> since_;  ///< what fired since it was put aside
};

std::map<Mode, WallTime> by_mode(const std::vector<Completion>& completed) {
  std::map<Mode, WallTime> all;
  for (const Completion& one : completed) {
    for (const Mode mode : told_modes) {
      if (mode < one.least || mode > one.most) continue;
      RC_ASSERT(all.emplace(mode, one.until).second);
    }
  }
  return all;
}

RC_GTEST_PROP(SigmaModeCompleted, IsKnownAfterARestartAsByTheWindowsOfEachModeAlone, ()) {
  const auto least = *rc::gen::inRange<std::uint64_t>(1, 4);
  const bool open = *rc::gen::arbitrary<bool>();
  const Correlation correlation = at_least(least, open ? std::nullopt : std::optional(least + 1));
  ModeWindows windows(correlation);
  Alone alone(correlation);
  std::vector<Told> since;  // read again after an end
  std::vector<Completion> stored;
  Json aside;
  std::size_t again = 0;
  std::uint64_t offset = 0;
  for (int i = *rc::gen::inRange(0, 80); i > 0; --i) {
    switch (*rc::gen::inRange(0, 16)) {
      case 0:
        aside = Json::parse(windows.take_all().dump());
        alone.put_aside();
        since.clear();
        stored.clear();
        again = 0;
        break;
      case 1:
        windows = ModeWindows(correlation);
        if (!aside.is_null()) RC_ASSERT(windows.restore(aside));
        windows.hold();
        std::ranges::shuffle(stored, std::mt19937(*rc::gen::arbitrary<std::uint32_t>()));  // sources in any order
        for (const Completion& one : stored) windows.note_completed(the_group, one);
        alone.restart();
        std::ranges::shuffle(since, std::mt19937(*rc::gen::arbitrary<std::uint32_t>()));
        again = since.size();
        break;
      default: {
        const bool old = again != 0 && *rc::gen::inRange(0, 3) != 0;
        const Mode mode = told_modes.at(*rc::gen::inRange<std::size_t>(0, told_modes.size()));
        Told one = old ? since[--again] : told(std::chrono::milliseconds(*rc::gen::inRange(1, 90'000)), mode);
        if (!old) one.event.offset = ++offset;
        if (!old) since.push_back(one);
        const auto completed = windows.add(the_group, one.event, one.mode).completed;
        RC_ASSERT(by_mode(completed) == alone.add(one));
        stored.insert(stored.end(), completed.begin(), completed.end());
      }
    }
  }
}

/// In order, without a snapshot: each end is followed by everything once more.
RC_GTEST_PROP(SigmaModeCompleted, NothingIsFoundTwiceAndNothingOfMoreIsLost, ()) {
  const Correlation correlation = at_least(*rc::gen::inRange<std::uint64_t>(1, 4));
  ModeWindows steady(correlation);
  ModeWindows mortal(correlation);
  std::vector<Told> all;
  std::vector<Completion> stored;
  auto now = 1000ms;
  for (int i = *rc::gen::inRange(0, 30); i > 0; --i) {
    now += std::chrono::milliseconds(*rc::gen::inRange(1, 5000));
    const Told one = told(now, told_modes.at(*rc::gen::inRange<std::size_t>(0, told_modes.size())));
    const auto completed = mortal.add(the_group, one.event, one.mode).completed;
    RC_ASSERT(by_mode(completed) == by_mode(steady.add(the_group, one.event, one.mode).completed));
    stored.insert(stored.end(), completed.begin(), completed.end());
    all.push_back(one);
    if (*rc::gen::inRange(0, 3) != 0) continue;
    mortal = ModeWindows(correlation);
    mortal.hold();
    for (const Completion& known : stored) mortal.note_completed(the_group, known);
    for (const Told& old : all) RC_ASSERT(!mortal.add(the_group, old.event, old.mode).mode());
    mortal.settle();
  }
}

TEST(SigmaModeCompleted, WhatWasCompletedAtALowModeIsCompletedAtAHigherOneStill) {
  ModeWindows before(at_least(3));
  static_cast<void>(before.add(the_group, told(1s, Mode::observe).event, Mode::observe));
  static_cast<void>(before.add(the_group, told(2s, Mode::observe).event, Mode::observe));
  const auto low = before.add(the_group, told(3s, Mode::auto_).event, Mode::auto_).completed;
  ASSERT_EQ(low, (std::vector<Completion>{{Mode::off, Mode::observe, WallTime(3s)}}));
  ModeWindows windows(at_least(3));
  windows.hold();
  windows.note_completed(the_group, low[0]);
  for (const auto& [at, mode] : {std::pair{3s, Mode::auto_}, {2s, Mode::observe}, {1s, Mode::observe}}) {
    EXPECT_EQ(windows.add(the_group, told(at, mode).event, mode).mode(), std::nullopt) << "known";
  }
  EXPECT_EQ(windows.add(the_group, told(4s, Mode::auto_).event, Mode::auto_).mode(), std::nullopt);
  const auto high = windows.add(the_group, told(5s, Mode::auto_).event, Mode::auto_).completed;
  EXPECT_EQ(high, (std::vector<Completion>{{Mode::plan, Mode::auto_, WallTime(5s)}}));
}

TEST(SigmaModeCompleted, WhatSufficedForAllIsKnownForAll) {
  ModeWindows before(at_least(2));
  static_cast<void>(before.add(the_group, told(1s, Mode::auto_).event, Mode::auto_));
  const auto all = before.add(the_group, told(2s, Mode::auto_).event, Mode::auto_).completed;
  ASSERT_EQ(all, (std::vector<Completion>{{Mode::off, Mode::auto_, WallTime(2s)}}));
  ModeWindows windows(at_least(2));
  static_cast<void>(windows.add(the_group, told(0s, Mode::observe).event, Mode::observe));
  windows.note_completed(the_group, all[0]);
  for (const auto at : {1s, 2s}) {
    EXPECT_EQ(windows.add(the_group, told(at, Mode::auto_).event, Mode::auto_).mode(), std::nullopt);
  }
  EXPECT_EQ(windows.add(the_group, told(3s, Mode::observe).event, Mode::observe).mode(), std::nullopt);
}

TEST(SigmaModeCompleted, WhatIsTooLateForAModeIsTold) {
  ModeWindows windows(at_least(2));
  EXPECT_FALSE(windows.add(the_group, told(1h, Mode::observe).event, Mode::observe).late);
  EXPECT_TRUE(windows.add(the_group, told(1s, Mode::auto_).event, Mode::auto_).late);
  EXPECT_EQ(windows.add(the_group, told(2s, Mode::auto_).event, Mode::auto_).mode(), Mode::auto_)
      << "for others it is not";
}

}  // namespace
}  // namespace aright::detect::sigma
