#include "engine/held_sources.h"

#include <gtest/gtest.h>

namespace aright::engine {
namespace {

using namespace std::chrono_literals;
using Told = HeldSources::Told;
using All = std::vector<Told>;

TEST(HeldSources, OneThatIsHeldForLongIsToldOnce) {
  HeldSources held;
  EXPECT_EQ(held.look({"log"}, 10s), All{});
  EXPECT_EQ(held.due(), 12s);
  EXPECT_EQ(held.look({"log"}, 11s), All{});
  EXPECT_EQ(held.look({"log"}, 12s), (All{{"log", true}}));
  EXPECT_EQ(held.look({"log"}, 16s), All{});
  EXPECT_EQ(held.due(), 21s);
}

TEST(HeldSources, AShortPauseDoesNotBeginAnew) {
  HeldSources held;
  EXPECT_EQ(held.look({"log"}, 10s), All{});
  EXPECT_EQ(held.look({}, 10200ms), All{});
  EXPECT_EQ(held.look({"log"}, 10900ms), All{});
  EXPECT_EQ(held.look({"log"}, 12s), (All{{"log", true}})) << "held and let go by turns is held";
}

/// Two short ones are not a long one.
TEST(HeldSources, OneThatIsLetGoIsForgottenAndNobodyIsWokenForIt) {
  HeldSources held;
  EXPECT_EQ(held.look({"log"}, 10s), All{});
  EXPECT_EQ(held.look({}, 10200ms), All{});
  EXPECT_EQ(held.due(), 11s);
  EXPECT_EQ(held.look({"log"}, 12500ms), All{});
  EXPECT_EQ(held.due(), 14500ms);
  EXPECT_EQ(held.look({}, 12700ms), All{});
  EXPECT_EQ(held.due(), 13500ms);
  EXPECT_EQ(held.look({}, 13500ms), All{});
  EXPECT_EQ(held.due(), std::nullopt);
}

/// Nothing may happen meanwhile.
TEST(HeldSources, OneThatIsHeldAllTheTimeIsNotLookedAtAllTheTime) {
  HeldSources held;
  EXPECT_EQ(held.look({"log"}, 10s), All{});
  EXPECT_EQ(held.look({"log"}, 11900ms), All{});
  EXPECT_EQ(held.look({"log"}, 12s), (All{{"log", true}}));
}

TEST(HeldSources, WhatWasToldIsToldWhenItIsOver) {
  HeldSources held;
  EXPECT_EQ(held.look({"a", "b"}, 10s), All{});
  EXPECT_EQ(held.look({"a"}, 16s), (All{{"a", true}})) << "b was let go before anybody was told";
  EXPECT_EQ(held.look({}, 20s), All{});
  EXPECT_EQ(held.look({}, 21s), (All{{"a", false}}));
  EXPECT_EQ(held.due(), std::nullopt);
}

}  // namespace
}  // namespace aright::engine
