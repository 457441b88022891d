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
  EXPECT_FALSE(work.has_room(false));
  EXPECT_TRUE(work.has_room(true));
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

TEST(AtWork, TakesWhatItIsToldBeyondItsLimitsAndCountsIt) {
  AtWork work({.runs = 1, .drivers = {}});
  work.enter(1, common());
  work.enter(2, common());
  work.enter(2, critical("b"));
  EXPECT_EQ(work.size(), 2U) << "who is in stays as it is";
  EXPECT_EQ(work.of("b"), 0U);
  work.leave(1);
  EXPECT_FALSE(work.has_room(true));
  work.leave(2);
  work.leave(2);
  EXPECT_TRUE(work.has_room(false));
}

TEST(AtWork, AnotherConfigurationCountsWhoIsThere) {
  AtWork work({.runs = 2, .drivers = {}});
  work.enter(1, common("a", {"exec"}));
  work.change({.runs = 8, .drivers = {{"exec", 1}}});
  EXPECT_EQ(work.full(common("b", {"exec"})), "driver exec: 1 of 1 runs are at work");
}

/// Against a slow reference: a list of who is there.
RC_GTEST_PROP(AtWork, NobodyGetsInWhereThereIsNoRoom, ()) {
  const auto limit = *rc::gen::inRange<std::size_t>(1, 12);
  const auto of_driver = *rc::gen::inRange<std::size_t>(1, 6);
  AtWork work({.runs = limit, .drivers = {{"exec", of_driver}}});
  std::map<std::uint64_t, bool> there;
  for (std::uint64_t run = 1; run < 40; ++run) {
    const bool urgent = *rc::gen::arbitrary<bool>();
    const Share share = urgent ? critical("a", {"exec"}) : common("a", {"exec"});
    const auto commons =
        static_cast<std::size_t>(std::ranges::count_if(there, [](const auto& item) { return !item.second; }));
    const auto fits = [&](std::size_t most) {
      return there.size() < most && (urgent || commons < most - reserved(most));
    };
    RC_ASSERT(work.full(share).empty() == (fits(limit) && fits(of_driver)));
    if (work.full(share).empty()) {
      work.enter(run, share);
      there[run] = urgent;
    }
    if (!there.empty() && *rc::gen::inRange(0, 3) == 0) {
      const auto leaves = std::next(there.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(there)));
      work.leave(leaves->first);
      there.erase(leaves);
    }
    RC_ASSERT(work.size() == there.size());
  }
}

}  // namespace
}  // namespace aright::guard::test
