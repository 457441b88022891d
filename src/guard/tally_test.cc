// Whatever clocks do: counted quickly is what counting one by one comes to.
#include "guard/tally.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "guard/spendings.h"

namespace aright::guard {
namespace {

using namespace std::chrono_literals;

/// Clocks that go on, are set, and begin anew with a boot.
struct Clocks {
  Now now{WallTime{1000h}, 10h, "boot 0"};
  int boots{0};

  void pass() {
    const int what = *rc::gen::inRange(0, 20);
    const Nanos by = std::chrono::seconds{*rc::gen::inRange(0, 300)};
    if (what == 0) {
      now.boot_id = "boot " + std::to_string(++boots);
      now.boot = by;
    } else if (what < 3) {
      now.wall += what == 1 ? by * 4 : -by * 4;
    } else {
      now.wall += by;
      now.boot += by;
    }
  }
};

std::string any_name() { return *rc::gen::element<std::string>("a", "b", "c", "d"); }

struct SlowTally {
  std::map<std::uint64_t, Admission> all;

  template <class Same>
  Tally::Seen within(Nanos window, const Now& now, Same same) const {
    Tally::Seen seen;
    for (const auto& [entry, one] : all) {
      const Nanos age = elapsed(one.at, now);
      if (!same(one) || age >= window) continue;
      ++seen.all;
      seen.marked += one.again ? 1U : 0U;
      seen.oldest = std::max(seen.oldest.value_or(Nanos{0}), age);
    }
    return seen;
  }
};

void agree(const Tally::Seen& quick, const Tally::Seen& slow) {
  RC_ASSERT(quick.all == slow.all);
  RC_ASSERT(quick.marked == slow.marked);
  RC_ASSERT(quick.oldest == slow.oldest);
}

RC_GTEST_PROP(Tally, CountsWhatCountingOneByOneComesTo, ()) {
  Clocks clocks;
  Tally tally;
  SlowTally slow;
  const int steps = *rc::gen::inRange(1, 80);
  for (std::uint64_t entry = 0; std::cmp_less(entry, steps); ++entry) {
    clocks.pass();
    Admission one{any_name(), Moment::of(clocks.now), {any_name(), any_name()}, *rc::gen::arbitrary<bool>()};
    tally.add(entry, one, one.again);
    slow.all.emplace(entry, std::move(one));
    if (*rc::gen::inRange(0, 4) == 0) {  // most often the oldest
      auto gone = slow.all.begin();
      if (*rc::gen::inRange(0, 3) == 0) std::advance(gone, *rc::gen::inRange<std::size_t>(0, slow.all.size()));
      tally.remove(gone->first, gone->second);
      slow.all.erase(gone);
    }
    RC_ASSERT(tally.size() == slow.all.size());
    const Nanos window = std::chrono::seconds{*rc::gen::inRange(1, 1500)};
    const std::string name = any_name();
    const Now& now = clocks.now;
    agree(tally.within(Tally::By::all, {}, window, now),
          slow.within(window, now, [](const Admission&) { return true; }));
    agree(tally.within(Tally::By::subject, name, window, now),
          slow.within(window, now, [&](const Admission& a) { return a.subject == name; }));
    agree(tally.within(Tally::By::key, name, window, now), slow.within(window, now, [&](const Admission& a) {
      return std::ranges::find(a.keys, name) != a.keys.end();
    }));
  }
}

RC_GTEST_PROP(Tally, AWaitIsWhatTheLastOneHasBeenWaitedFor, ()) {
  Clocks clocks;
  Tally tally;
  std::vector<Admission> all;
  const int steps = *rc::gen::inRange(1, 40);
  for (std::uint64_t entry = 0; std::cmp_less(entry, steps); ++entry) {
    clocks.pass();
    all.push_back({any_name(), Moment::of(clocks.now)});
    tally.add(entry, all.back(), false);
    clocks.pass();
    const std::string name = any_name();
    const auto own = *rc::gen::inRange<std::uint32_t>(0, 3);
    std::optional<Nanos> least;
    std::uint32_t skipped = 0;
    for (auto one = all.rbegin(); one != all.rend(); ++one) {
      if (one->subject == name && skipped++ < own) continue;
      const Nanos span = elapsed_at_most(one->at, clocks.now);
      const bool booted = one->at.boot_id != clocks.now.boot_id;
      const Nanos waited = booted ? std::max(span, clocks.now.boot) : span;
      least = std::min(least.value_or(waited), waited);
    }
    RC_ASSERT(tally.waited(Tally::By::all, name, own, clocks.now) == least);
  }
}

struct SlowSpendings {
  std::map<std::uint64_t, Spent> all;

  /// As they were first admitted within the time, each as it was admitted last.
  std::vector<Spent> subjects(Nanos within, const Now& now) const {
    std::vector<Spent> list;
    for (const auto& [entry, one] : all) {
      if (elapsed(one.at, now) >= within) continue;
      const auto known = std::ranges::find(list, one.subject, &Spent::subject);
      if (known == list.end()) {
        list.push_back(one);
      } else {
        *known = one;
      }
    }
    return list;
  }
};

std::string text_of(const Spent* one) { return one == nullptr ? "none" : one->subject + std::to_string(one->run); }

RC_GTEST_PROP(Spendings, KeepsTheOrderOfStagesWhateverClocksDo, ()) {
  using End = Spent::End;
  Clocks clocks;
  Spendings quick;
  SlowSpendings slow;
  const int steps = *rc::gen::inRange(1, 80);
  Nanos within = 10min;
  for (std::uint64_t entry = 0; std::cmp_less(entry, steps); ++entry) {
    clocks.pass();
    const Spent one{any_name() + any_name(), Moment::of(clocks.now), entry,
                    *rc::gen::element(End::open, End::verified)};
    quick.add(entry, one);
    slow.all.emplace(entry, one);
    auto some = slow.all.begin();
    std::advance(some, *rc::gen::inRange<std::size_t>(0, slow.all.size()));
    if (*rc::gen::inRange(0, 2) == 0) {
      some->second.end = *rc::gen::element(End::verified, End::verified, End::other);
      quick.end(some->first, some->second.end);
    }
    if (*rc::gen::inRange(0, 5) == 0) {
      const auto gone = *rc::gen::arbitrary<bool>() ? some : slow.all.begin();
      quick.remove(gone->first);
      slow.all.erase(gone);
    }
    if (*rc::gen::inRange(0, 20) == 0) within = std::chrono::minutes{*rc::gen::inRange(1, 30)};
    if (*rc::gen::inRange(0, 3) == 0) continue;  // not asked each time
    const std::vector<Spent> subjects = slow.subjects(within, clocks.now);
    RC_ASSERT(quick.subjects(within, clocks.now) == subjects.size());
    const std::string name = any_name() + any_name();
    RC_ASSERT(quick.counts(name) == (std::ranges::find(subjects, name, &Spent::subject) != subjects.end()));
    const auto before = *rc::gen::inRange<std::size_t>(0, subjects.size() + 1);
    for (const End how : {End::open, End::other}) {
      const auto last = subjects.begin() + static_cast<std::ptrdiff_t>(before);
      const auto found = std::find_if(subjects.begin(), last, [&](const Spent& s) { return s.end == how; });
      RC_ASSERT(text_of(quick.first(how, before)) == text_of(found == last ? nullptr : &*found));
    }
  }
}

TEST(Spendings, WhatIsNotThereChangesNothing) {
  Clocks clocks;
  Spendings quick;
  quick.add(1, {"a", Moment::of(clocks.now), 1, Spent::End::open});
  quick.end(2, Spent::End::other);
  quick.remove(2);
  EXPECT_EQ(quick.subjects(10min, clocks.now), 1U);
  EXPECT_EQ(quick.first(Spent::End::other, 1), nullptr);
}

RC_GTEST_PROP(Ordered, HoldsWhatASortedSetHolds, ()) {
  Ordered<int> quick;
  std::multiset<int> slow;
  int highest = 0;
  for (int step = *rc::gen::inRange(1, 400); step > 0; --step) {
    const int one = *rc::gen::element(highest, highest + 1, *rc::gen::inRange(0, highest + 2));
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        quick.erase(one);
        slow.erase(one);
        break;
      case 1:  // from the front on, as time passes
        if (!slow.empty()) {
          const int first = *slow.begin();
          quick.erase(first);
          slow.erase(first);
        }
        break;
      default:
        highest = std::max(highest, one);
        quick.insert(one);
        slow.insert(one);
    }
    RC_ASSERT(std::ranges::equal(quick, slow));
  }
  for (int i = 0; i < 200; ++i) quick.insert(highest + 1 + i);
  for (int i = 0; i < 100; ++i) quick.erase(highest + 1 + i);
  slow.erase(slow.begin(), slow.end());
  for (int i = 0; i < 200; ++i) slow.insert(highest + 1 + i);
  for (int i = 0; i < 100; ++i) slow.erase(highest + 1 + i);
  RC_ASSERT(std::equal(slow.begin(), slow.end(), std::prev(quick.end(), static_cast<std::ptrdiff_t>(slow.size()))));
}

}  // namespace
}  // namespace aright::guard
