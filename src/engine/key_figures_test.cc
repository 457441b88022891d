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
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::verified, t, t + 20ms);
  figures.ended(run_at(t, "guards"), RunState::failed, KeyFigures::Success::verified, t, t + 20ms);
  figures.ended(run_at(t, "alice (review 1)"), RunState::succeeded, KeyFigures::Success::verified, t, t + 1h);
  const auto of = figures.view().workflows.at("w");
  EXPECT_EQ(of.outcomes.at("succeeded"), 2U);
  EXPECT_EQ(of.outcomes.at("failed"), 1U);
  EXPECT_EQ(of.alone.count, 1U);
  EXPECT_DOUBLE_EQ(of.alone.seconds, 0.02);
  EXPECT_EQ(of.alone.within.at(2), 1U) << "up to 25 ms";
}

TEST(KeyFigures, WhatNothingConfirmsIsNoFixWhoeverDecidedIt) {
  KeyFigures figures;
  const WallTime t{100s};
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::unverified, t, t + 20ms);
  figures.ended(run_at(t, "alice (review 1)"), RunState::succeeded, KeyFigures::Success::unverified, t, t + 1h);
  figures.ended(run_at(t, "guards"), RunState::failed, KeyFigures::Success::unverified, t, t + 20ms);
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::changed_nothing, t, t + 20ms);
  const auto of = figures.view().workflows.at("w");
  EXPECT_EQ(of.outcomes.at("succeeded"), 3U);
  EXPECT_EQ(of.unverified, 2U);
  EXPECT_EQ(of.changed_nothing, 1U);
  EXPECT_EQ(of.alone.count, 0U);
  EXPECT_DOUBLE_EQ(of.alone.seconds, 0);
}

TEST(KeyFigures, EveryTimeHasItsPlaceAlsoAtTheEdges) {
  KeyFigures figures;
  const WallTime t{100s};
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::verified, t,
                t + 5ms);  // the edge belongs to what it ends
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::verified, t,
                t - 5s);  // the clock was set back
  figures.ended(run_at(t, "guards"), RunState::succeeded, KeyFigures::Success::verified, t, t + 1000h);
  const auto of = figures.view().workflows.at("w");
  EXPECT_EQ(of.alone.within.front(), 2U);
  EXPECT_EQ(of.alone.within.back(), 1U);
  EXPECT_EQ(std::accumulate(of.alone.within.begin(), of.alone.within.end(), std::uint64_t{0}), of.alone.count);
}

TEST(KeyFigures, PeoplesDecisionsAreCountedAsTheReportTellsThem) {
  KeyFigures figures;
  figures.recorded("review.decided", {{"decision", "approved"}});
  figures.recorded("review.decided", {{"decision", "expired"}});
  figures.recorded("waiver.granted", {{"waiver", 1}});
  figures.recorded("waiver.granted", {{"waiver", 2}, {"run", 7}});
  figures.recorded("run.created", {{"run", 6}});
  figures.recorded("run.created", {{"run", 7}, {"undoes", 6}});
  figures.recorded("finding.marked", {{"as", "false-positive"}});
  figures.recorded("waiver.granted", {{"waiver", 3}, {"review", 4}});
  const auto view = figures.view();
  const std::map<std::string, std::uint64_t> decided{{"approved", 1}, {"cancelled", 0}, {"denied", 0},
                                                     {"retried", 0},  {"undone", 0},    {"waived", 1}};
  EXPECT_EQ(view.interventions, decided)
      << "the waiver of an undo or a denial is no second act, and an undo that only began none";
  EXPECT_EQ(view.marked.at("false-positive"), 1U);
}

TEST(KeyFigures, WhatIsInForceIsCountedFromZero) {
  KeyFigures figures;
  figures.in_force({"old", "w"}, {"c"});
  figures.opened("c", false);
  const WallTime t{100s};
  figures.ended(run_at(t, "guards"), RunState::failed, KeyFigures::Success::verified, t, t + 20ms);
  figures.in_force({"w", "young"}, {"c"});
  const auto view = figures.view();
  EXPECT_FALSE(view.workflows.contains("old")) << "what is in force no more and has done nothing is not kept";
  EXPECT_EQ(view.workflows.at("young").outcomes.at("succeeded"), 0U);
  EXPECT_EQ(view.workflows.at("young").outcomes.size(), 8U) << "states that a run ends in";
  EXPECT_EQ(view.workflows.at("young").undone.size(), 4U);
  EXPECT_EQ(view.workflows.at("w").outcomes.at("failed"), 1U);
  EXPECT_EQ(view.workflows.at("w").outcomes.at("succeeded"), 0U);
  EXPECT_EQ(view.opened.at("c"), 1U);
  EXPECT_EQ(view.recurred.at("c"), 0U);
  EXPECT_EQ(view.acts.at("pause"), 0U);
  EXPECT_EQ(view.reviews.at("denied"), 0U);
  EXPECT_EQ(view.marked.at("true"), 0U);
}

TEST(KeyFigures, WhatIsTakenBackIsCountedByWhoHadDecidedIt) {
  KeyFigures figures;
  aright::Run fix = run_at(WallTime{100s}, "guards");
  fix.state = RunState::succeeded;
  figures.undone(fix, false);
  fix.unverified = 1;
  figures.undone(fix, false);
  fix.decided_by = "alice (review 1)";
  fix.unverified = 0;
  figures.undone(fix, false);
  fix.state = RunState::failed;
  figures.undone(fix, false);
  figures.undone(fix, true);
  const auto of = figures.view().workflows.at("w");
  const std::map<TakenBack, std::uint64_t> undone{
      {{false, true}, 1}, {{false, false}, 1}, {{true, true}, 1}, {{true, false}, 1}};
  EXPECT_EQ(of.undone, undone);
  EXPECT_EQ(figures.view().interventions.at("undone"), 5U) << "a redo is a decision, too";
}

}  // namespace
}  // namespace aright::engine
