// Runs that have not begun, and what is due.
#include "engine/backlog.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "engine/deadlines.h"

namespace aright::engine {
namespace {

using Sources = std::set<std::string>;

std::vector<std::uint64_t> order_of(const Backlog& backlog, const std::set<std::string>& closed = {}) {
  std::vector<std::uint64_t> runs;
  std::optional<Backlog::Waiter> last;
  while ((last = backlog.next(last, closed))) runs.push_back(last->run);
  return runs;
}

TEST(Backlog, SevereOnesBeginFirstThenOlderOnes) {
  Backlog backlog;
  backlog.add(Level::low, 1, "x", "a");
  backlog.add(Level::critical, 3, "x", "a");
  backlog.add(Level::critical, 2, "y", "a");
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{2, 3, 1}));
}

TEST(Backlog, ALaneThatIsClosedIsPassedAtOnce) {
  Backlog backlog;
  backlog.add(Level::high, 1, "programs", "a");
  backlog.add(Level::low, 2, "files", "a");
  backlog.add(Level::critical, 3, "files", "a");
  backlog.add(Level::high, 4, "programs", "a");
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{3, 1, 4, 2}));
  EXPECT_EQ(order_of(backlog, {"files"}), (std::vector<std::uint64_t>{1, 4}));
  EXPECT_EQ(order_of(backlog, {"programs"}), (std::vector<std::uint64_t>{3, 2}));
  backlog.remove(1);
  EXPECT_EQ(order_of(backlog, {"files"}), (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(backlog.size(), 3U);
  ASSERT_NE(backlog.lane_of(4), nullptr);
  EXPECT_EQ(*backlog.lane_of(4), "programs");
  EXPECT_EQ(backlog.lane_of(1), nullptr);
  std::vector<std::uint64_t> first;
  backlog.each_of("files", [&](const Backlog::Waiter& waiter) {
    first.push_back(waiter.run);
    return false;
  });
  EXPECT_EQ(first, (std::vector<std::uint64_t>{3})) << "no further than is asked for";
}

TEST(Backlog, AFloodKeepsOnlyItsOwnSourceWaiting) {
  Backlog backlog;
  for (std::uint64_t run = 1; run <= 30; ++run) backlog.add(Level::high, run, "x", "flood");
  backlog.add(Level::high, 31, "x", "quiet");
  EXPECT_EQ(backlog.crowding(32), Sources{}) << "one less than the most";
  backlog.add(Level::high, 32, "x", "flood");
  EXPECT_EQ(backlog.crowding(32), Sources{"flood"});
  backlog.add(Level::high, 33, "x", "quiet");
  EXPECT_EQ(backlog.crowding(32), (Sources{"flood", "quiet"})) << "a sixteenth is no small part";
  backlog.remove(33);
  backlog.remove(33);
  EXPECT_EQ(backlog.crowding(32), Sources{"flood"}) << "what is gone is not counted twice";
  backlog.add(Level::high, 1, "x", "flood");
  backlog.remove(1);
  EXPECT_EQ(backlog.crowding(32), Sources{});
}

RC_GTEST_PROP(Deadlines, AreAsASimpleListOfThem, ()) {
  Deadlines deadlines;
  std::map<std::string, Nanos> plain;
  const auto acts = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange(0, 20)));
  for (const auto& [what, number] : acts) {
    const std::string name(1, static_cast<char>('a' + number % 5));
    const Nanos when{number};
    if (what < 3) {
      deadlines.at_the_latest(name, when);
      const auto known = plain.try_emplace(name, when).first;
      known->second = std::min(known->second, when);
    } else if (what == 3) {
      deadlines.forget(name);
      plain.erase(name);
    } else if (const auto taken = deadlines.take(when)) {
      const auto due = plain.at(*taken);
      RC_ASSERT(due <= when);
      for (const auto& [other, at] : plain) RC_ASSERT(at >= due);
      plain.erase(*taken);
    } else {
      for (const auto& [other, at] : plain) RC_ASSERT(at > when);
    }
    RC_ASSERT(deadlines.size() == plain.size());
    RC_ASSERT(deadlines.order().size() == plain.size());
    RC_ASSERT(deadlines.first().has_value() != plain.empty());
  }
}

}  // namespace
}  // namespace aright::engine
