#include "api/taps.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::api {
namespace {

using namespace std::chrono_literals;

EventsRead batch(std::uint64_t first, std::size_t count, std::uint64_t bytes_each = 10) {
  EventsRead read;
  read.source = "auth";
  for (std::size_t i = 0; i < count; ++i) {
    read.events.push_back({"auth:/log", first + i, WallTime{}, {}, Json::object({{"n", first + i}}), {}});
  }
  read.bytes = count * bytes_each;
  return read;
}

class TapsTest : public testing::Test {
 protected:
  Json ask(std::optional<std::uint64_t> after = {}) { return taps.next("auth", after, now); }
  void offer(std::uint64_t first, std::size_t count, std::uint64_t bytes_each = 10) {
    taps.offer(batch(first, count, bytes_each), now);
  }
  Taps taps;
  Taps::Clock::time_point now{Taps::Clock::now()};
};

TEST_F(TapsTest, WhatComesAfterTheFirstQuestionIsShownOnce) {
  offer(0, 3);
  const Json begun = ask();
  EXPECT_EQ(begun.at("next"), 3);
  EXPECT_TRUE(begun.at("events").empty());
  EXPECT_EQ(begun.at("lost"), 0);
  offer(3, 2);
  const Json said = ask(3);
  ASSERT_EQ(said.at("events").size(), 2U);
  EXPECT_EQ(said.at("events").at(0),
            (Json{{"source", "auth:/log"}, {"offset", 3}, {"time", rfc3339(WallTime{})}, {"data", {{"n", 3}}}}));
  EXPECT_EQ(said.at("next"), 5);
  EXPECT_TRUE(ask(5).at("events").empty());
  EXPECT_EQ(ask(3).at("events").size(), 2U) << "another looks on too";
}

TEST_F(TapsTest, WhoIsSlowLosesTheOldestWithACount) {
  const auto begin = ask().at("next").get<std::uint64_t>();
  offer(0, Taps::events_max);
  offer(Taps::events_max, 50);
  Json said = ask(begin);
  EXPECT_EQ(said.at("lost"), 50);
  EXPECT_EQ(said.at("events").size(), Taps::answer_max);
  EXPECT_EQ(said.at("events").at(0).at("offset"), 50);
  EXPECT_EQ(said.at("next"), 50 + Taps::answer_max);
  offer(5000, 3 * Taps::events_max);  // more at once than are kept
  said = ask(said.at("next").get<std::uint64_t>());
  EXPECT_EQ(said.at("lost"), 2 * Taps::events_max + 50 + Taps::events_max - 50 - Taps::answer_max);
  EXPECT_EQ(said.at("events").at(0).at("offset"), 5000 + 2 * Taps::events_max);
}

TEST_F(TapsTest, LargeOnesAreFewer) {
  const auto begin = ask().at("next").get<std::uint64_t>();
  for (std::uint64_t i = 0; i < 8; ++i) offer(i, 1, 1U << 20U);
  EXPECT_EQ(ask(begin).at("lost"), 4);
  offer(8, 1, 64U << 20U);
  EXPECT_EQ(ask(begin).at("events").size(), 1U) << "one is always kept";
}

TEST_F(TapsTest, WhenNobodyAsksNothingIsKeptAndWhatWasMissedIsCounted) {
  const auto begin = ask().at("next").get<std::uint64_t>();
  offer(0, 2);
  now += Taps::kept_for + 1s;
  offer(2, 2);
  const Json said = ask(begin);
  EXPECT_EQ(said.at("lost"), 4);
  EXPECT_TRUE(said.at("events").empty());
  EXPECT_EQ(said.at("next"), 4);
}

TEST_F(TapsTest, ANumberOfAnotherLifeIsTheEnd) {
  offer(0, 3);
  EXPECT_EQ(ask(1'000'000).at("next"), 3);
  EXPECT_EQ(ask(1'000'000).at("lost"), 0);
  EXPECT_EQ(taps.next("other", std::nullopt, now).at("next"), 0);
}

}  // namespace
}  // namespace aright::api
