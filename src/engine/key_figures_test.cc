#include "engine/key_figures.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace aright::engine {
namespace {

using namespace std::chrono_literals;

Run run_at(WallTime created, const std::string& by) {
  Run r;
  r.workflow = "w";
  r.created_at = created;
  r.decided_by = by;
  return r;
}

TEST(KeyFigures, OnlyWhatNobodyDecidedIsTimed) {
  KeyFigures figures;
  const WallTime t{100s};
  figures.ended(run_at(t, "guards"), RunState::succeeded, t + 20ms);
  figures.ended(run_at(t, "guards"), RunState::failed, t + 20ms);
  figures.ended(run_at(t, "alice (review 1)"), RunState::succeeded, t + 1h);
  const auto of = figures.view().workflows.at("w");
  EXPECT_EQ(of.outcomes.at("succeeded"), 2U);
  EXPECT_EQ(of.outcomes.at("failed"), 1U);
  EXPECT_EQ(of.alone, 1U);
  EXPECT_DOUBLE_EQ(of.seconds, 0.02);
  EXPECT_EQ(of.fixes_within.at(2), 1U) << "up to 25 ms";
}

TEST(KeyFigures, EveryTimeHasItsPlaceAlsoAtTheEdges) {
  KeyFigures figures;
  const WallTime t{100s};
  figures.ended(run_at(t, "guards"), RunState::succeeded, t + 5ms);  // the edge belongs to what it ends
  figures.ended(run_at(t, "guards"), RunState::succeeded, t - 5s);   // the clock was set back
  figures.ended(run_at(t, "guards"), RunState::succeeded, t + 1000h);
  const auto of = figures.view().workflows.at("w");
  EXPECT_EQ(of.fixes_within.front(), 2U);
  EXPECT_EQ(of.fixes_within.back(), 1U);
  EXPECT_EQ(std::accumulate(of.fixes_within.begin(), of.fixes_within.end(), std::uint64_t{0}), of.alone);
}

}  // namespace
}  // namespace aright::engine
