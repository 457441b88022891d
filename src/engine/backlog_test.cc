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

const Contested file_a{Contested::What::resource, "file:/a"};
const Contested host_a{Contested::What::subject, "file:/a"};

TEST(Backlog, WhoIsParkedIsNotAskedUntilWhatItWaitsForIsFree) {
  Backlog backlog;
  for (std::uint64_t run = 1; run <= 3; ++run) backlog.add(Level::high, run, "x", "a");
  backlog.add(Level::high, 4, "y", "a");
  EXPECT_FALSE(backlog.park(9, file_a)) << "it does not wait here";
  for (const std::uint64_t run : {2U, 3U, 4U}) EXPECT_TRUE(backlog.park(run, file_a));
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(backlog.size(), 4U) << "they wait all the same";
  EXPECT_EQ(*backlog.parked_for(3), file_a);
  EXPECT_EQ(*backlog.lane_of(3), "x");
  backlog.free(host_a);
  EXPECT_FALSE(backlog.take_freed()) << "that is something else";
  backlog.free(file_a);
  EXPECT_TRUE(backlog.take_freed());
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{1, 2, 4})) << "the first of each lane";
  EXPECT_EQ(backlog.parked_for(2), nullptr);
  backlog.remove(2);
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{1, 3, 4})) << "then who is behind it";
}

TEST(Backlog, WhoWaitsForSomethingElseThenLeavesWhatWasFreeToTheNext) {
  Backlog backlog;
  for (std::uint64_t run = 1; run <= 3; ++run) backlog.add(Level::high, run, "x", "a");
  for (std::uint64_t run = 1; run <= 3; ++run) backlog.park(run, file_a);
  backlog.free(file_a);
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{1}));
  backlog.park(1, file_a);
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{})) << "another has it: nobody is asked";
  backlog.free(file_a);
  backlog.park(1, host_a);
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{2}));
  backlog.free_all();
  EXPECT_EQ(order_of(backlog), (std::vector<std::uint64_t>{1, 2, 3}));
  backlog.remove(2);
  backlog.park(1, file_a);
  backlog.remove(1);
  backlog.remove(3);
  EXPECT_EQ(backlog.size(), 0U);
  EXPECT_EQ(backlog.lane_of(3), nullptr);
}

/// Whatever comes and goes: who waits for something that is free has somebody of its lane in the queue, and nobody is
/// lost or asked twice.
RC_GTEST_PROP(Backlog, WhatIsFreeHasSomebodyInTheQueueWhoWantsIt, ()) {
  Backlog backlog;
  std::map<std::uint64_t, std::string> waiting;  // run → lane
  std::set<std::string> taken;
  const auto thing = [](const std::string& name) { return Contested{Contested::What::resource, name}; };
  for (std::uint64_t run = 1; run < 60; ++run) {
    const std::string lane = *rc::gen::element<std::string>("x", "y", "z");
    backlog.add(*rc::gen::element(Level::low, Level::high, Level::critical), run, lane, "s");
    waiting[run] = lane;
    for (const std::uint64_t asked : order_of(backlog)) {  // each may find something taken
      const int what = *rc::gen::inRange(0, 6);
      const std::string name = *rc::gen::element<std::string>("p", "q");
      if (what < 3 && taken.contains(name)) backlog.park(asked, thing(name));
      if (what == 3) {
        backlog.remove(asked);
        waiting.erase(asked);
        taken.insert(name);
      }
    }
    if (*rc::gen::inRange(0, 3) == 0) {
      const std::string name = *rc::gen::element<std::string>("p", "q");
      if (taken.erase(name) != 0) backlog.free(thing(name));
    }
    RC_ASSERT(backlog.size() == waiting.size());
    std::map<std::string, std::size_t> in_lanes;
    for (const std::uint64_t asked : order_of(backlog)) ++in_lanes[waiting.at(asked)];
    for (const auto& [waits, of] : waiting) {
      const Contested* for_it = backlog.parked_for(waits);
      if (for_it != nullptr && !taken.contains(for_it->name)) RC_ASSERT(in_lanes[of] > 0);
    }
  }
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
