// Hold time, flapping, breaker and budget: what each says, with its numbers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guard/breaker.h"
#include "guard/budget.h"
#include "guard/episode.h"

namespace aright::guard {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Now moment(Nanos since_start) { return {WallTime{1000h + since_start}, 10h + since_start, "boot"}; }

std::string said(const Verdict& verdict) {
  if (const auto* hold = std::get_if<Hold>(&verdict)) return "hold: " + hold->guard + ": " + hold->reason;
  if (const auto* wait = std::get_if<Suppress>(&verdict)) return "wait: " + wait->guard + ": " + wait->reason;
  return "admit";
}

TEST(HoldTime, ByTheSmallerOfBothClocks) {
  const Moment opened = Moment::of(moment(0s));
  EXPECT_EQ(said(hold_time(5min, opened, moment(299s))), "wait: for: open for less than 5m; 1s left, if it lasts");
  EXPECT_EQ(said(hold_time(5min, opened, moment(300s))), "admit");
  Now stepped = moment(100s);
  stepped.wall += 1h;
  EXPECT_EQ(said(hold_time(5min, opened, stepped)), "wait: for: open for less than 5m; 200s left, if it lasts");
  stepped.boot_id = "next";
  EXPECT_EQ(said(hold_time(5min, opened, stepped)), "admit");
}

TEST(Flapping, CountsTheOpeningsOfItsTime) {
  const std::vector<Moment> openings{Moment::of(moment(0s)), Moment::of(moment(10min)), Moment::of(moment(20min))};
  const Flapping limit{3, 30min};
  EXPECT_EQ(said(flapping(limit, openings, "c on s", moment(29min))),
            "hold: flapping: c on s opened at least 3 times within 30m, held from 3 on")
      << "those before them are not kept";
  EXPECT_EQ(said(flapping({2, 30min}, openings, "c on s", moment(35min))),
            "hold: flapping: c on s opened 2 times within 30m, held from 2 on");
  EXPECT_EQ(said(flapping(limit, openings, "c on s", moment(30min))), "admit");
}

Tally endings(std::initializer_list<bool> bad) {
  Tally tally;
  std::uint64_t entry = 0;
  for (const bool one : bad) tally.add(++entry, {"s", Moment::of(moment(0s))}, one, false);
  return tally;
}

TEST(Breaker, OpensAtItsRate) {
  const Breaker limit{50, 4, 1h, std::nullopt};
  EXPECT_FALSE(trips(limit, endings({true, true, true}), moment(1s)));
  EXPECT_FALSE(trips(limit, endings({true, false, false, false}), moment(1s)));
  EXPECT_TRUE(trips(limit, endings({true, true, false, false}), moment(1s)));
  EXPECT_FALSE(trips(limit, endings({true, true, false, false, false}), moment(1s)));
  EXPECT_FALSE(trips(limit, endings({true, true, true, true}), moment(1h)));
}

TEST(Breaker, HoldsUntilOneMayTry) {
  const BreakerOpen open{Moment::of(moment(0s)), "3 of 4", 0};
  EXPECT_EQ(
      said(breaker({50, 4, 1h, std::nullopt}, &open, 0, moment(100h))),
      "hold: breaker: open since 1970-02-11T16:00:00.000000Z: 3 of 4; a run that a person lets go and that ends well "
      "closes it");
  const Breaker tried{50, 4, 1h, 30min};
  const std::string from = ", or one that is tried from " + rfc3339(moment(30min).wall) + " on";
  EXPECT_THAT(said(breaker(tried, &open, 0, moment(29min))), HasSubstr(from));
  EXPECT_THAT(said(breaker(tried, &open, 0, moment(1s))), HasSubstr(from)) << "it is kept, and stays true";
  EXPECT_EQ(said(breaker(tried, &open, 0, moment(30min))), "admit");
  EXPECT_EQ(said(breaker(tried, nullptr, 0, moment(0s))), "admit");
  const BreakerOpen at_it{Moment::of(moment(0s)), "3 of 4", 7};
  EXPECT_THAT(said(breaker(tried, &at_it, 0, moment(30min))), HasSubstr("run 7 tries whether it may close"));
  EXPECT_THAT(said(breaker(tried, &at_it, 8, moment(30min))), HasSubstr("run 7 tries whether it may close"));
  EXPECT_EQ(said(breaker(tried, &at_it, 7, moment(1min))), "admit") << "the one that tries is not held by itself";
}

std::string asked(const Budget& limit, const std::vector<Spent>& spent, std::optional<std::uint64_t> population,
                  const std::string& subject = "new", Nanos at = 1s, std::string_view name = "") {
  const Now now = moment(at);
  Spendings all;
  for (std::size_t i = 0; i < spent.size(); ++i) all.add(i, spent[i]);
  return said(budget({limit, name, population, all, subject, now}));
}

Spent spent_on(const std::string& subject, Spent::End end = Spent::End::verified, Nanos at = 0s) {
  return {subject, Moment::of(moment(at)), 5, end};
}

TEST(Budget, RoundsDownAndAnEmptyPopulationAdmitsNothing) {
  const Budget tenth{.percent = 10, .population = std::uint64_t{0}, .within = 10min};
  EXPECT_EQ(asked(tenth, {}, 9), "hold: budget: 0 subjects within 10m, 0 allowed (10 % of 9)");
  EXPECT_EQ(asked(tenth, {}, 19), "admit");
  EXPECT_EQ(asked(tenth, {spent_on("a")}, 19), "hold: budget: 1 subject within 10m, 1 allowed (10 % of 19)");
  EXPECT_EQ(asked(tenth, {}, 0), "hold: budget: 0 subjects within 10m, 0 allowed (10 % of 0)");
  EXPECT_EQ(asked(tenth, {}, std::nullopt), "hold: budget: nobody knows how many its population has");
  EXPECT_EQ(asked(tenth, {}, 18'446'744'073'709'551'615ULL), "admit");
}

TEST(Budget, TheSmallerOfNumberAndPercentage) {
  const Budget both{.subjects = 2, .percent = 50, .population = std::uint64_t{0}, .within = 10min};
  EXPECT_EQ(asked(both, {spent_on("a"), spent_on("b")}, 100, "c", 1s, "web"),
            "hold: budget: web: 2 subjects within 10m, 2 allowed (50 % of 100)");
  EXPECT_EQ(asked(both, {spent_on("a")}, 2), "hold: budget: 1 subject within 10m, 1 allowed (50 % of 2)");
}

TEST(Budget, ASubjectCountsOnceAndLeavesWithItsLastAdmission) {
  const Budget two{.subjects = 2, .within = 10min};
  const std::vector<Spent> spent{spent_on("a"), spent_on("b"), spent_on("a", Spent::End::verified, 5min)};
  EXPECT_EQ(asked(two, spent, std::nullopt, "c"), "hold: budget: 2 subjects within 10m, 2 allowed");
  EXPECT_EQ(asked(two, spent, std::nullopt, "b"), "admit");
  EXPECT_EQ(asked(two, spent, std::nullopt, "c", 10min), "admit");
}

TEST(StagedBudget, GoesOnWhenTheStageBeforeHasEndedVerified) {
  const Budget staged{.subjects = 100, .within = 10min, .staged = true};
  using End = Spent::End;
  EXPECT_EQ(asked(staged, {}, std::nullopt), "admit");
  EXPECT_EQ(
      asked(staged, {spent_on("a", End::open)}, std::nullopt),
      "wait: budget: stage 2 of 2 subjects begins when the 1 before it have ended verified; run 5 on a has not yet");
  EXPECT_EQ(asked(staged, {spent_on("a", End::open)}, std::nullopt, "a"), "admit");
  EXPECT_EQ(asked(staged, {spent_on("a")}, std::nullopt), "admit");
  EXPECT_EQ(asked(staged, {spent_on("a"), spent_on("b", End::open)}, std::nullopt), "admit");
  EXPECT_EQ(
      asked(staged, {spent_on("a"), spent_on("b", End::open), spent_on("c")}, std::nullopt),
      "wait: budget: stage 3 of 4 subjects begins when the 3 before it have ended verified; run 5 on b has not yet");
  EXPECT_EQ(asked(staged, {spent_on("a"), spent_on("b", End::other), spent_on("c")}, std::nullopt),
            "hold: budget: stage 3 does not begin: b of run 5 did not end verified");
  EXPECT_EQ(asked(staged, {spent_on("a", End::other), spent_on("a")}, std::nullopt), "admit") << "its last try counts";
}

TEST(StagedBudget, LetsNoMoreBeginThanTheStageHasRoomFor) {
  const Budget staged{.subjects = 6, .within = 10min, .staged = true};
  using End = Spent::End;
  const Now now = moment(1s);
  Spendings spent;
  const auto asked_with = [&](std::size_t claimed) {
    return said(budget({staged, {}, std::nullopt, spent, "new", now, claimed}));
  };
  const auto room = [&] { return stage_room({staged, {}, std::nullopt, spent, {}, now}); };
  EXPECT_EQ(room(), 1U);
  EXPECT_EQ(asked_with(0), "admit");
  EXPECT_EQ(asked_with(1), "wait: budget: stage 1 of 1 subjects has room for 1 more, and a run is about to begin");
  spent.add(1, spent_on("a", End::open));
  EXPECT_EQ(room(), 0U);
  spent.end(1, End::verified);
  EXPECT_EQ(room(), 2U);
  EXPECT_EQ(asked_with(2), "wait: budget: stage 2 of 2 subjects has room for 2 more, and 2 runs are about to begin");
  spent.add(2, spent_on("b"));
  spent.add(3, spent_on("c"));
  EXPECT_EQ(room(), 3U) << "not four: six are all";
  EXPECT_EQ(asked_with(2), "admit");
  spent.end(3, End::other);
  EXPECT_GT(room(), 100U) << "the next does not begin: nobody has anything to wait for";
  EXPECT_EQ(asked_with(0), "hold: budget: stage 3 does not begin: c of run 5 did not end verified");
}

}  // namespace
}  // namespace aright::guard
