// Concurrency: who finds room, with which words, and that a reserve is a reserve whatever comes and goes.
#include "guard/at_work.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aright::guard::test {
namespace {

Share common(std::string workflow = "a", std::vector<std::string> drivers = {}) {
  return {std::move(workflow), std::nullopt, std::move(drivers), false};
}
Share critical(std::string workflow = "a", std::vector<std::string> drivers = {}) {
  return {std::move(workflow), std::nullopt, std::move(drivers), true};
}

TEST(AtWork, KeepsAnEighthForCriticalFindings) {
  EXPECT_EQ(reserved(0), 0U);
  EXPECT_EQ(reserved(1), 0U) << "one must go on";
  EXPECT_EQ(reserved(2), 1U);
  EXPECT_EQ(reserved(15), 1U);
  EXPECT_EQ(reserved(128), 16U);
}

TEST(AtWork, LetsAFloodHaveAllButTheReserve) {
  AtWork work({.runs = 4, .drivers = {}});
  for (std::uint64_t run = 1; run <= 3; ++run) {
    EXPECT_EQ(work.full(common()), "");
    work.enter(run, common());
  }
  EXPECT_FALSE(work.has_room(false, false));
  EXPECT_TRUE(work.has_room(true, false));
  EXPECT_EQ(work.full(common()), "3 of 4 runs are at work, the rest is for critical findings");
  EXPECT_EQ(work.full(critical()), "");
  work.enter(4, critical());
  EXPECT_EQ(work.full(critical()), "4 of 4 runs are at work");
  EXPECT_EQ(work.full(common()), "4 of 4 runs are at work");
  work.leave(1);
  EXPECT_EQ(work.full(common()), "") << "a critical one at work takes nothing from the others' share";
}

TEST(AtWork, HoldsAWorkflowToItsOwnLimit) {
  AtWork work;
  const Share limited{"ban", 2, {}, true};
  work.enter(1, limited);
  EXPECT_EQ(work.full(limited), "");
  work.enter(2, limited);
  EXPECT_EQ(work.of("ban"), 2U);
  EXPECT_EQ(work.full(limited), "workflow ban: 2 of 2 runs are at work") << "as its owner wrote it, also for critical";
  EXPECT_EQ(work.full(common("other")), "");
  work.leave(2);
  EXPECT_EQ(work.full(limited), "");
}

TEST(AtWork, HoldsADriverToItsLimitWhateverTheWorkflow) {
  AtWork work({.runs = 128, .drivers = {{"exec", 2}, {"call", 1}}});
  EXPECT_TRUE(work.looks_at_drivers());
  work.enter(1, common("a", {"exec", "file"}));
  EXPECT_EQ(work.full(common("b", {"exec"})),
            "driver exec: 1 of 2 runs are at work, the rest is for critical findings");
  EXPECT_EQ(work.full(critical("b", {"exec"})), "");
  EXPECT_EQ(work.full(common("b", {"file"})), "") << "nobody limited it";
  work.enter(2, common("a", {"call"}));
  EXPECT_EQ(work.full(critical("b", {"call"})), "driver call: 1 of 1 runs are at work");
  work.leave(1);
  work.leave(2);
  EXPECT_EQ(work.full(common("b", {"exec", "call"})), "");
}

TEST(AtWork, ProgramsAndCallsNeverHaveTheLastQuarter) {
  AtWork work({.runs = 8, .drivers = {}});
  const auto program = [](bool is_critical) {
    Share share = is_critical ? critical("a") : common("a");
    share.errands = true;
    return share;
  };
  for (std::uint64_t run = 1; run <= 5; ++run) {
    EXPECT_EQ(work.full(program(false)), "") << run;
    work.enter(run, program(false));
  }
  EXPECT_EQ(work.full(program(false)),
            "programs and calls: 5 of 6 runs are at work, the rest is for critical findings");
  EXPECT_FALSE(work.has_room(false, true));
  EXPECT_TRUE(work.has_room(false, false)) << "what only puts files right goes on";
  EXPECT_EQ(work.full(common("b")), "");
  work.enter(6, program(true));
  EXPECT_EQ(work.full(program(true)), "programs and calls: 6 of 6 runs are at work");
  work.leave(6);
  work.leave(1);
  EXPECT_EQ(work.full(program(false)), "");
  EXPECT_TRUE(AtWork({.runs = 1, .drivers = {}}).has_room(false, true)) << "something must go on";
}

TEST(AtWork, TakesWhatItIsToldBeyondItsLimitsAndCountsIt) {
  AtWork work({.runs = 1, .drivers = {}});
  work.enter(1, common());
  work.enter(2, common());
  work.enter(2, critical("b"));
  EXPECT_EQ(work.size(), 2U) << "who is in stays as it is";
  EXPECT_EQ(work.of("b"), 0U);
  work.leave(1);
  EXPECT_FALSE(work.has_room(true, false));
  work.leave(2);
  work.leave(2);
  EXPECT_TRUE(work.has_room(false, false));
}

TEST(AtWork, CountsWhoIsAtWorkOnASubjectWhateverTheWorkflow) {
  AtWork work;
  const auto on = [](const std::string& workflow, const std::string& subject) {
    Share share = critical(workflow);
    share.subject = subject;
    return share;
  };
  EXPECT_TRUE(work.has_room_on("host=a"));
  work.enter(1, on("a", "host=a"));
  EXPECT_FALSE(work.has_room_on("host=a")) << "one, unless somebody says otherwise";
  EXPECT_TRUE(work.has_room_on("host=b"));
  EXPECT_EQ(work.full(on("b", "host=a")), "") << "that is no limit of the node";
  RunLimits two;
  two.subject = 2;
  work.change(two);
  EXPECT_TRUE(work.has_room_on("host=a")) << "exactly two";
  work.enter(2, on("b", "host=a"));
  EXPECT_FALSE(work.has_room_on("host=a"));
  EXPECT_EQ(work.on("host=a"), (std::set<std::uint64_t>{1, 2}));
  const auto left = work.leave(1);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->subject, "host=a");
  EXPECT_FALSE(work.leave(1));
  EXPECT_TRUE(work.has_room_on("host=a"));
  work.leave(2);
  EXPECT_TRUE(work.on("host=a").empty());
}

TEST(AtWork, AnotherConfigurationCountsWhoIsThere) {
  AtWork work({.runs = 2, .drivers = {}});
  work.enter(1, common("a", {"exec"}));
  work.change({.runs = 8, .drivers = {{"exec", 1}}});
  EXPECT_EQ(work.full(common("b", {"exec"})), "driver exec: 1 of 1 runs are at work");
}

/// Against a slow reference, from docs/decisions/0076: a list of who is there, gone through for each question.
class SlowAtWork {
 public:
  explicit SlowAtWork(RunLimits most) : limits(std::move(most)) {}

  [[nodiscard]] bool lets(const Share& one) const {
    const auto anybody = [](const Share&) { return true; };
    if (!fits(limits.runs, one.critical, anybody)) return false;
    const auto of_it = std::ranges::count_if(there, [&](const auto& s) { return s.second.workflow == one.workflow; });
    if (one.most && static_cast<std::size_t>(of_it) >= *one.most) return false;
    return std::ranges::all_of(limits.drivers, [&](const auto& limit) {
      const auto uses = [&](const Share& s) { return std::ranges::find(s.drivers, limit.first) != s.drivers.end(); };
      return !uses(one) || fits(limit.second, one.critical, uses);
    });
  }

  RunLimits limits;
  std::map<std::uint64_t, Share> there;

 private:
  template <class Counts>
  [[nodiscard]] bool fits(std::size_t limit, bool critical, Counts counts) const {
    std::size_t all = 0;
    std::size_t common = 0;
    for (const auto& [run, share] : there) {
      all += counts(share) ? 1U : 0U;
      common += counts(share) && !share.critical ? 1U : 0U;
    }
    const std::size_t kept = limit < 2 ? 0 : std::max<std::size_t>(1, limit / 8);
    return all < limit && (critical || common + kept < limit);
  }
};

RunLimits any_limits() {
  RunLimits limits{*rc::gen::inRange<std::size_t>(1, 20), {}};
  for (const char* driver : {"exec", "call"}) {
    if (*rc::gen::arbitrary<bool>()) limits.drivers[driver] = *rc::gen::inRange<std::size_t>(1, 12);
  }
  return limits;
}

Share any_share() {
  Share share;
  share.workflow = *rc::gen::element<std::string>("a", "b", "c");
  if (*rc::gen::arbitrary<bool>()) share.most = *rc::gen::inRange<std::uint32_t>(1, 6);
  for (const char* driver : {"exec", "call", "file"}) {
    if (*rc::gen::arbitrary<bool>()) share.drivers.emplace_back(driver);
  }
  share.critical = *rc::gen::arbitrary<bool>();
  return share;
}

RC_GTEST_PROP(AtWork, NobodyGetsInWhereThereIsNoRoom, ()) {
  SlowAtWork slow(any_limits());
  AtWork work(slow.limits);
  for (std::uint64_t run = 1; run < 40; ++run) {
    const Share share = any_share();
    RC_ASSERT(work.full(share).empty() == slow.lets(share));
    const bool by_a_person = *rc::gen::inRange(0, 10) == 0;  // beyond the limits
    if (slow.lets(share) || by_a_person) {
      work.enter(run, share);
      slow.there[run] = share;
    }
    if (!slow.there.empty() && *rc::gen::inRange(0, 3) == 0) {
      const auto at = *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(slow.there));
      const std::uint64_t leaves = std::next(slow.there.begin(), at)->first;
      work.leave(leaves);
      slow.there.erase(leaves);
    }
    if (*rc::gen::inRange(0, 15) == 0) {
      slow.limits = any_limits();
      work.change(slow.limits);
    }
    RC_ASSERT(work.size() == slow.there.size());
  }
}

}  // namespace
}  // namespace aright::guard::test
