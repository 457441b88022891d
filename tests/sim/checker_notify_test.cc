// The checker's assertions about notifications.
#include <gtest/gtest.h>

#include "history.h"

namespace aright::sim {
namespace {

using namespace std::chrono_literals;

class CheckerNotify : public testing::Test {
 protected:
  CheckerNotify() { h.start(); }
  void queue(std::uint64_t id, Json more = Json::object()) {
    Json fields{{"notification", id}, {"notifier", "ops"},  {"notice", "review"},    {"title", "t"},
                {"text", "x"},        {"severity", "high"}, {"data", Json::object()}};
    fields.update(more);
    h.record("notification.queued", fields);
  }
  void fold() {
    h.record("notification.folded", {{"notifier", "ops"}, {"notice", "review"}, {"title", "t"}, {"severity", "high"}});
  }
  void tried(const std::string& kind, std::uint64_t id) {
    h.record("notification." + kind, {{"notification", id}, {"tries", 1}, {"outcome", "o"}});
  }
  History h;
};

TEST_F(CheckerNotify, WhatSomebodyGotIsSent) {
  queue(1);
  tried("failed", 1);
  h.world.delivered.insert(1);
  tried("sent", 1);
}

TEST_F(CheckerNotify, WhatNobodyGotIsNotSent) {
  queue(1);
  EXPECT_TRUE(refused([&] { tried("sent", 1); }, "calls sent what nobody got"));
}

TEST_F(CheckerNotify, ASummaryCountsWhatWasFolded) {
  queue(1);
  fold();
  fold();
  EXPECT_TRUE(refused([&] { queue(2, {{"folds", 1}}); }, "does not count what was told as one"));
}

TEST_F(CheckerNotify, NoneWaitsForEver) {
  queue(1);
  h.wait(20min);
  EXPECT_TRUE(refused([&] { h.checker.settled(); }, "notification 1 still waits"));
}

TEST_F(CheckerNotify, WhatWasFoldedIsTold) {
  fold();
  h.wait(20min);
  EXPECT_TRUE(refused([&] { h.checker.settled(); }, "what was told as one is not told"));
}

TEST_F(CheckerNotify, OfOneThatNeverAnswersItWaitsInTheBook) {
  h.world.deaf = true;
  queue(1);
  h.wait(20min);
  EXPECT_FALSE(refused([&] { h.checker.settled(); }, "notification 1"));
}

}  // namespace
}  // namespace aright::sim
