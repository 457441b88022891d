// Effects that come true when nobody waits for them any more.
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

class CheckerLate : public testing::Test {
 protected:
  CheckerLate() { h.start(); }
  History h;
};

TEST_F(CheckerLate, OfAnEarlierTryItMayComeTrue) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  Effect late = h.asked();
  h.read("/w/a");
  h.done(run, 0, "planned");
  h.intend(run, 0);
  h.read("/w/a");
  h.done(run, 0, "failed");
  late.late = true;
  late.order = ++h.world.order;
  h.checker.before_effect(late);
}

/// The effect of each of two lives comes true, and somebody has set the first back.
TEST_F(CheckerLate, OfTwoTriesThatCrossBothMayComeTrue) {
  const std::uint64_t run = h.admitted_run();
  h.read("/w/a");
  h.intend(run, 0);
  h.effect();
  Effect late = h.asked();
  late.late = true;
  late.order = ++h.world.order;
  EXPECT_TRUE(refused([&] { h.checker.before_effect(late); }, "twice without a look in between"));
  late.asked = 0;
  h.checker.before_effect(late);
}

TEST_F(CheckerLate, WhatMayStillHappenIsNotCalledFailed) {
  const std::uint64_t run = h.admitted_run();
  h.intend(run, 0);
  h.done(run, 0, "failed");
  EXPECT_TRUE(refused([&] { h.effect(true); }, "comes true, and was called failed"));
}

}  // namespace
}  // namespace aright::sim
