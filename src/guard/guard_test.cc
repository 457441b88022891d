#include "guard/guard.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace aright::guard {
namespace {

using namespace std::chrono_literals;

Now at(Nanos since_start) { return {WallTime{1000h + since_start}, 10h + since_start, "boot"}; }
Admission admitted(Nanos since_start, std::string subject = "a") {
  return {std::move(subject), Moment::of(at(since_start))};
}

Tally tally_of(const std::vector<Admission>& all) {
  Tally tally;
  std::uint64_t entry = 0;
  for (const Admission& one : all) tally.add(++entry, one, one.again);
  return tally;
}

Workflow with(std::vector<Threshold> thresholds) {
  Workflow w;
  w.guards.threshold = std::move(thresholds);
  return w;
}

bool admits(const Workflow& w, const std::vector<Admission>& earlier, const Now& now, std::string_view subject = "a") {
  return std::holds_alternative<Admit>(threshold({w, subject, tally_of(earlier), now}));
}

TEST(Threshold, HoldsTheFourthNeverTheThirdOrTheFifth) {
  const Workflow w;
  std::vector<Admission> earlier;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(admits(w, earlier, at(i * 1min)));
    earlier.push_back(admitted(i * 1min));
  }
  EXPECT_FALSE(admits(w, earlier, at(3min)));
  EXPECT_TRUE(admits(w, earlier, at(10min)));  // the first is exactly ten minutes old: outside (now - 10m, now]
  EXPECT_FALSE(admits(w, earlier, at(10min - 1us)));
}

TEST(Threshold, SaysTheNumbersItSaw) {
  const Workflow w;
  const std::vector<Admission> earlier{admitted(0s), admitted(1s), admitted(2s)};
  const auto verdict = threshold({w, "a", tally_of(earlier), at(3s)});
  ASSERT_TRUE(std::holds_alternative<Hold>(verdict));
  EXPECT_EQ(std::get<Hold>(verdict).reason, "admitted 3 times within 10m per workflow, 3 allowed; possible loop");
  const Now now = at(3s);
  const Tally tally = tally_of(earlier);
  const auto in_vain =
      threshold({.workflow = w, .subject = "a", .admissions = tally, .now = now, .last_end = "failed"});
  EXPECT_EQ(
      std::get<Hold>(in_vain).reason,
      "admitted 3 times within 10m per workflow, 3 allowed; its last run ended failed: `aright runs list` says why");
}

TEST(Threshold, CountsPerSubjectOnlyTheSubject) {
  const Workflow w = with({{1, 10min, Per::subject}, {100, 10min, Per::workflow}});
  const std::vector<Admission> earlier{admitted(0s, "a")};
  EXPECT_FALSE(admits(w, earlier, at(1s), "a"));
  EXPECT_TRUE(admits(w, earlier, at(1s), "b"));
}

TEST(Threshold, OfSeveralResourcesTheOneWithMostAdmissionsCounts) {
  const Workflow w = with({{2, 10min, Per::resource}, {100, 10min, Per::workflow}});
  const std::string quiet = resource_key({"file", "/a"});
  const std::string busy = resource_key({"file", "/b"});
  std::vector<Admission> earlier{admitted(0s), admitted(1s), admitted(2s)};
  earlier[0].keys = {quiet};
  earlier[1].keys = earlier[2].keys = {busy};
  const Tally tally = tally_of(earlier);
  const Now now = at(3s);
  for (const bool busy_first : {true, false}) {
    const std::vector<std::string> keys = busy_first ? std::vector{busy, quiet} : std::vector{quiet, busy};
    const Question question{w, "a", tally, now, keys};
    EXPECT_EQ(count(question).front().admitted, 2U);
    EXPECT_EQ(count(question).front().key, "file:/b");
    EXPECT_TRUE(std::holds_alternative<Hold>(threshold(question)));
  }
  const std::vector<std::string> one{quiet};
  EXPECT_TRUE(std::holds_alternative<Admit>(threshold({w, "a", tally_of(earlier), now, one})));
}

TEST(Threshold, AKeyOfAnotherNameIsNotCountedByIt) {
  const Workflow w = with({{1, 10min, Per::resource}, {100, 10min, Per::workflow}});
  const std::vector<std::string> keys{"resource", "resources=file:/a", expression_key("${ x }", "file:/a")};
  std::vector<Admission> earlier{admitted(0s)};
  earlier[0].keys = keys;
  const Now now = at(1s);
  EXPECT_EQ(count({w, "a", tally_of(earlier), now, keys}).front().admitted, 0U);
  EXPECT_TRUE(std::holds_alternative<Admit>(threshold({w, "a", tally_of(earlier), now, keys})));
}

TEST(Threshold, PerExpressionCountsThoseOfTheSameExpressionAndValue) {
  const Workflow w = with({{1, 10min, Per::expression, "${ x }"}, {100, 10min, Per::workflow}});
  std::vector<Admission> earlier{admitted(0s)};
  earlier[0].keys = {expression_key("${ x }", "1")};
  const Now now = at(1s);
  const auto held = [&](const std::string& key) {
    const std::vector<std::string> keys{key};
    return std::holds_alternative<Hold>(threshold({w, "a", tally_of(earlier), now, keys}));
  };
  EXPECT_TRUE(held(expression_key("${ x }", "1")));
  EXPECT_FALSE(held(expression_key("${ x }", "2")));
  EXPECT_FALSE(held(expression_key("${ y }", "1")));
  EXPECT_FALSE(held(resource_key({"file", "1"})));
}

TEST(KeyText, IsShortEnoughForARecordWhateverTheValue) {
  const std::string fits(59, 'x');
  EXPECT_EQ(resource_key({"file", fits}), "resource=file:" + fits) << "64 bytes of value";
  const std::string long_one = resource_key({"file", fits + "y"});
  EXPECT_EQ(long_one.size(), std::string("resource=#").size() + 32);
  EXPECT_TRUE(long_one.starts_with("resource=#")) << long_one;
  EXPECT_EQ(long_one, resource_key({"file", fits + "y"}));
  EXPECT_NE(long_one, resource_key({"file", fits + "z"}));
}

TEST(Threshold, AClockThatStepsBackCountsAsRecent) {
  const Workflow w;
  const std::vector<Admission> earlier{admitted(1h), admitted(1h), admitted(1h)};
  EXPECT_FALSE(admits(w, earlier, at(0s)));
}

RC_GTEST_PROP(Threshold, AgreesWithASlowReference, ()) {
  const auto runs = *rc::gen::inRange<std::uint32_t>(1, 6);
  const auto minutes = *rc::gen::inRange(1, 30);
  const auto ages = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3600));
  const Workflow w = with({{runs, std::chrono::minutes{minutes}, Per::workflow}});
  std::vector<Admission> earlier;
  std::uint32_t recent = 0;
  for (const int age : ages) {
    earlier.push_back(admitted(1h - std::chrono::seconds{age}));
    if (age < minutes * 60) ++recent;
  }
  RC_ASSERT(admits(w, earlier, at(1h)) == (recent < runs));
}

TEST(CoolDown, SuppressesUntilTheTimeIsOver) {
  Workflow w;
  w.guards.cool_down = CoolDown{30s, Per::subject};
  const std::vector<Admission> earlier{admitted(0s)};
  const auto early = cool_down({w, "a", tally_of(earlier), at(10s)});
  ASSERT_TRUE(std::holds_alternative<Suppress>(early));
  EXPECT_EQ(std::get<Suppress>(early).again_after, 20s);
  EXPECT_TRUE(std::holds_alternative<Admit>(cool_down({w, "a", tally_of(earlier), at(30s)})));
  EXPECT_TRUE(std::holds_alternative<Admit>(cool_down({w, "b", tally_of(earlier), at(10s)})));
}

TEST(CoolDown, WhatWasLetGoDoesNotWaitForItself) {
  Workflow w;
  const std::vector<Admission> earlier{admitted(0s, "b"), admitted(5s), admitted(20s, "b")};
  const auto asked = [&](std::string_view subject, std::uint32_t own) {
    const Now now = at(25s);
    Question question{w, subject, tally_of(earlier), now};
    question.own = own;
    return cool_down(question);
  };
  w.guards.cool_down = CoolDown{30s, Per::subject};
  EXPECT_TRUE(std::holds_alternative<Suppress>(asked("a", 0)));
  EXPECT_TRUE(std::holds_alternative<Admit>(asked("a", 1)));
  EXPECT_EQ(std::get<Suppress>(asked("b", 1)).again_after, 5s) << "the one before its own still counts";
  EXPECT_TRUE(std::holds_alternative<Admit>(asked("b", 2)));
  w.guards.cool_down = CoolDown{30s, Per::workflow};
  EXPECT_EQ(std::get<Suppress>(asked("a", 1)).again_after, 25s) << "another's";
}

TEST(CoolDown, WhereThereIsNoneNothingWaits) {
  const std::vector<Admission> earlier{admitted(0s)};
  EXPECT_TRUE(std::holds_alternative<Admit>(cool_down({Workflow(), "a", tally_of(earlier), at(0s)})));
}

TEST(CoolDown, AClockThatStepsBackDoesNotStretchIt) {
  Workflow w;
  w.guards.cool_down = CoolDown{30s, Per::subject};
  const std::vector<Admission> earlier{admitted(0s)};
  Now later = at(31s);
  later.wall -= 2h;
  EXPECT_TRUE(std::holds_alternative<Admit>(cool_down({w, "a", tally_of(earlier), later})));
  later.boot = 20s;  // of the next boot: the admission is at least as old
  later.boot_id = "next boot";
  EXPECT_TRUE(std::holds_alternative<Suppress>(cool_down({w, "a", tally_of(earlier), later})));
  later.boot = 30s;
  EXPECT_TRUE(std::holds_alternative<Admit>(cool_down({w, "a", tally_of(earlier), later})));
}

TEST(Protected, CoversBelowAboveAndItself) {
  const std::vector<std::string> paths{"/var/lib/aright"};
  for (const char* path : {"/var/lib/aright", "/var/lib/aright/aright.db", "/var/lib"}) {
    EXPECT_TRUE(std::holds_alternative<Hold>(protected_resource({"file", path}, paths))) << path;
  }
  EXPECT_TRUE(std::holds_alternative<Admit>(protected_resource({"file", "/var/lib/aright2/x"}, paths)));
  EXPECT_TRUE(std::holds_alternative<Admit>(protected_resource({"file", "/var/li"}, paths)));
  EXPECT_TRUE(std::holds_alternative<Admit>(protected_resource({"file", "/etc"}, {})));
  const std::vector<std::string> everything{"/"};
  EXPECT_TRUE(std::holds_alternative<Hold>(protected_resource({"file", "/etc/motd"}, everything)));
}

}  // namespace
}  // namespace aright::guard
