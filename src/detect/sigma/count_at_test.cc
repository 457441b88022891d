#include <gtest/gtest.h>

#include "detect/sigma/count_windows.h"

namespace aright::detect::sigma {
namespace {

using namespace std::chrono_literals;

TEST(SigmaCountAt, HowManyThereWereUpToAnEventThatIsKept) {
  Correlation five_in_ten;
  five_in_ten.group_by = {"ip"};
  five_in_ten.timespan = 10s;
  five_in_ten.count.least = 5;
  CountWindows windows(five_in_ten);
  const auto add = [&](const char* group, std::chrono::seconds at, std::uint64_t offset) {
    EXPECT_EQ(windows.add({group}, {WallTime(at), "log", offset}), CountWindows::Outcome::counted);
  };
  add("a", 0s, 1);
  add("a", 4s, 2);
  add("a", 8s, 3);
  add("a", 12s, 4);
  add("b", 12s, 9);
  EXPECT_EQ(windows.count_at({"a"}, "log", 3), 3U) << "0, 4, 8";
  EXPECT_EQ(windows.count_at({"a"}, "log", 4), 3U) << "4, 8, 12: the first is more than ten seconds older";
  EXPECT_EQ(windows.count_at({"b"}, "log", 9), 1U);
  EXPECT_FALSE(windows.count_at({"a"}, "log", 9)) << "it is of another group";
  EXPECT_FALSE(windows.count_at({"a"}, "other log", 3));
  add("a", 100s, 20);
  EXPECT_FALSE(windows.count_at({"a"}, "log", 3)) << "it has gone";
}

TEST(SigmaCountAt, WhatKeepsAnEventSilent) {
  Correlation two_in_ten;
  two_in_ten.group_by = {"ip"};
  two_in_ten.timespan = 10s;
  two_in_ten.count.least = 2;
  CountWindows windows(two_in_ten);
  const Group a{"a"};
  EXPECT_EQ(windows.add(a, {WallTime(1s), "log", 1}), CountWindows::Outcome::counted);
  EXPECT_FALSE(windows.silenced_by(a, WallTime(1s)));
  EXPECT_EQ(windows.add(a, {WallTime(5s), "log", 2}), CountWindows::Outcome::fired);
  EXPECT_EQ(windows.add(a, {WallTime(14s), "log", 3}), CountWindows::Outcome::silent);
  EXPECT_FALSE(windows.silenced_by(a, WallTime(4s))) << "before it fired";
  EXPECT_EQ(windows.silenced_by(a, WallTime(5s)), WallTime(5s));
  EXPECT_EQ(windows.silenced_by(a, WallTime(14s)), WallTime(5s));
  EXPECT_FALSE(windows.silenced_by(a, WallTime(15s)));
  EXPECT_FALSE(windows.silenced_by({"b"}, WallTime(14s)));
  EXPECT_EQ(windows.add(a, {WallTime(15s), "log", 4}), CountWindows::Outcome::fired) << "and so it is";
}

}  // namespace
}  // namespace aright::detect::sigma
