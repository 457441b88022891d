// A row of snapshots made into one.
#include "engine/window_snapshot.h"

#include <gtest/gtest.h>

#include "detect/sigma/mode_windows.h"

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using detect::sigma::ModeWindows;

TEST(WindowSnapshots, ChangesOfEachModeAreMergedIntoTheWhole) {
  detect::sigma::Correlation two;
  two.group_by = {"ip"};
  two.timespan = 10s;
  two.count.least = 2;
  ModeWindows windows(two);
  std::uint64_t next = 0;
  const auto add = [&](ModeWindows& into, const char* group, Mode mode) {
    return into.add({group}, {WallTime(1s), "log", next++}, mode).mode();
  };
  Json whole = Json::object();
  const auto put = [&] { ASSERT_TRUE(merge_windows(whole, Json{{"many", windows.take_changes()}})); };
  static_cast<void>(add(windows, "a", Mode::auto_));
  put();
  static_cast<void>(add(windows, "b", Mode::observe));  // from here on they are not the same
  put();
  static_cast<void>(add(windows, "c", Mode::auto_));
  put();
  for (const auto& [group, mode, completes] :
       {std::tuple{"a", Mode::auto_, Mode::auto_}, std::tuple{"a", Mode::observe, Mode::observe},
        std::tuple{"b", Mode::auto_, Mode::observe}, std::tuple{"c", Mode::auto_, Mode::auto_}}) {
    ModeWindows again(two);
    ASSERT_TRUE(again.restore(whole.at("many")));
    EXPECT_EQ(add(again, group, mode), completes) << group;
  }
  Json bad = whole;
  EXPECT_EQ(merge_windows(bad, Json{{"many",
                                     {{"definition", whole["many"]["definition"]},
                                      {"groups", Json::array()},
                                      {"gone", Json::array()},
                                      {"modes", 5}}}})
                .error()
                .code,
            Errc::corrupt);
}

}  // namespace
}  // namespace aright::engine
