#include "engine/guard_queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

GuardQueues::Waiter waiter_of(const std::string& finding, Level severity, std::chrono::hours opened) {
  return {severity, WallTime{opened}, 0, finding, "fix"};
}
GuardQueues::Waiter young_waiter() { return waiter_of("young", Level::high, 2h); }
GuardQueues::Waiter old_waiter() { return waiter_of("old", Level::high, 1h); }
GuardQueues::Waiter severe_waiter() { return waiter_of("severe", Level::critical, 3h); }

TEST(GuardQueues, SevereOnesGoFirstThenOlderOnes) {
  GuardQueues queues;
  for (const auto& one : {young_waiter(), old_waiter(), severe_waiter()}) queues.wait("q", one);
  EXPECT_EQ(queues.first("q")->finding, "severe");
  EXPECT_THAT(queues.call("q", 2), ElementsAre("severe", "old"));
  EXPECT_THAT(queues.call("q", 2), IsEmpty()) << "they have been called";
  EXPECT_THAT(queues.call("q", 3), ElementsAre("young"));
  EXPECT_EQ(queues.first("other"), nullptr);
}

TEST(GuardQueues, OneThatIsNotFirstLetsOthersPassOnce) {
  GuardQueues queues;
  queues.wait("q", old_waiter());
  EXPECT_TRUE(queues.may_go("q", old_waiter()));
  EXPECT_TRUE(queues.may_go("q", severe_waiter())) << "whether or not it has waited";
  EXPECT_FALSE(queues.may_go("q", young_waiter()));
  queues.let_pass("q", young_waiter());
  EXPECT_TRUE(queues.may_go("q", young_waiter()));
  EXPECT_EQ(queues.first("q")->finding, "old");
  queues.wait("q", young_waiter());  // kept back again
  EXPECT_FALSE(queues.may_go("q", young_waiter()));
}

TEST(GuardQueues, WhatWasFoundAtOnceGoesAsItWasSaid) {
  GuardQueues queues;
  GuardQueues::Waiter first = old_waiter();
  first.finding = "z";
  GuardQueues::Waiter second = old_waiter();
  second.offset = 9;
  queues.wait("q", second);
  queues.wait("q", first);
  second.offset = 11;  // it was seen again
  EXPECT_FALSE(queues.may_go("q", second));
  queues.let_pass("q", second);
  EXPECT_TRUE(queues.may_go("q", second));
  EXPECT_THAT(queues.call("q", 2), ElementsAre("z"));
}

TEST(GuardQueues, WhatGrowsGoesBeforeWhatDidNot) {
  GuardQueues queues;
  queues.wait("q", old_waiter());
  queues.wait("q", young_waiter());
  queues.weighs_anew("young", Level::critical);
  EXPECT_EQ(queues.first("q")->finding, "young");
  EXPECT_TRUE(queues.may_go("q", young_waiter())) << "as it is known, whatever it is said to be";
  EXPECT_THAT(queues.call("q", 1), ElementsAre("young"));
  queues.weighs_anew("young", Level::low);
  EXPECT_TRUE(queues.is_called("q", young_waiter())) << "it stays called";
  EXPECT_EQ(queues.first("q")->finding, "old");
  queues.weighs_anew("nobody", Level::low);
  EXPECT_EQ(queues.leave("young", "fix"), "q");
}

TEST(GuardQueues, WhoLeavesIsForgotten) {
  GuardQueues queues;
  queues.wait("q", old_waiter());
  queues.wait("p", young_waiter());
  queues.wait("q", young_waiter());
  EXPECT_EQ(queues.first("p"), nullptr) << "in one at a time";
  EXPECT_EQ(queues.leave("old", "fix"), "q");
  EXPECT_EQ(queues.leave("old", "fix"), std::nullopt);
  EXPECT_EQ(queues.first("q")->finding, "young");
  queues.forget("young");
  EXPECT_EQ(queues.first("q"), nullptr);
}

TEST(GuardQueues, PlacesAreTakenByWhatIsAtLeastAsSevere) {
  GuardQueues queues;
  queues.claim("b", 1, Level::medium);
  queues.claim("b", 1, Level::medium);
  queues.claim("b", 2, Level::critical);
  EXPECT_EQ(queues.claimed("b", Level::medium), 2U);
  EXPECT_EQ(queues.claimed("b", Level::high), 1U);
  EXPECT_EQ(queues.claimed("other", Level::low), 0U);
  queues.claim("c", 1, Level::medium);
  EXPECT_THAT(queues.release(1), ElementsAre("b", "c"));
  EXPECT_THAT(queues.release(1), IsEmpty());
  EXPECT_EQ(queues.claimed("c", Level::low), 0U);
  EXPECT_EQ(queues.claimed("b", Level::low), 1U);
}

}  // namespace
}  // namespace aright::engine
