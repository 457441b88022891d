// Runs without a row, found by their first entries.
#include "api/gone_runs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace aright::api::test {
namespace {

WallTime clock(const std::string& time) { return *parse_rfc3339("2026-11-20T" + time + "Z"); }

/// Run n began at `begun[n - 1]`.
class BegunHistory final : public History {
 public:
  explicit BegunHistory(std::vector<std::string> begun) : begun_(std::move(begun)) {}
  Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t /*limit*/) override {
    if (broken) return fail(Errc::corrupt, "the disk said no");
    ++asked;
    if (run == 0 || run > begun_.size()) return std::vector<Entry>{};
    const Json entry{{"kind", "run.created"}, {"at", rfc3339(clock(begun_[run - 1]))}};
    return std::vector<Entry>{{run, run, entry.dump()}};
  }
  Result<Page> page(const PageRequest& /*request*/) override { return Page{}; }
  Result<std::optional<Row>> row(const std::string&, const std::string&) override { return std::optional<Row>(); }
  Result<std::vector<Entry>> entries(std::uint64_t, std::uint32_t) override { return std::vector<Entry>{}; }
  Result<std::vector<Digest>> leaves(std::uint64_t, std::uint64_t) override { return std::vector<Digest>{}; }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return std::optional<Checkpoint>(); }
  Result<std::optional<Blob>> blob(const std::string&) override { return std::optional<Blob>(); }
  bool broken{false};
  std::size_t asked{0};

 private:
  std::vector<std::string> begun_;
};

/// One each minute from 10:00 on.
std::vector<std::string> minutes(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(fmt::format("{:02}:{:02}:00", 10 + i / 60, i % 60));
  return all;
}

std::uint64_t counted_gone(History& history, const std::string& since, const std::string& until) {
  const auto gone = GoneRuns::of(history, clock(since), clock(until));
  EXPECT_TRUE(gone);
  return gone ? gone->count() : 77;
}

TEST(RunsGone, AreThoseOfTheStretchThatHaveNoRow) {
  for (std::size_t count = 0; count < 70; ++count) {
    BegunHistory history(minutes(count));
    const auto between = [&](std::size_t from, std::size_t to) { return std::min(count, to) - std::min(count, from); };
    EXPECT_EQ(counted_gone(history, "09:00:00", "12:00:00"), count);
    EXPECT_EQ(counted_gone(history, "10:10:00", "10:20:00"), between(10, 20)) << count << ": until is not in it";
    EXPECT_EQ(counted_gone(history, "10:09:30", "10:20:30"), between(10, 21)) << count;
    EXPECT_EQ(counted_gone(history, "11:30:00", "12:00:00"), 0U) << count;
    EXPECT_EQ(counted_gone(history, "09:00:00", "10:00:00"), 0U) << count;
  }
}

TEST(RunsGone, AreFoundByAFewEntries) {
  BegunHistory history(std::vector<std::string>(100'000, "10:00:00"));
  EXPECT_EQ(counted_gone(history, "09:00:00", "11:00:00"), 100'000U);
  EXPECT_LT(history.asked, 100U);
}

TEST(RunsGone, WhatHasARowIsNot) {
  BegunHistory history(minutes(60));
  auto gone = GoneRuns::of(history, clock("10:10:00"), clock("10:20:00"));
  ASSERT_TRUE(gone);
  for (const std::uint64_t id : {60U, 21U, 20U, 11U, 10U}) gone->there({{"id", id}});
  EXPECT_EQ(gone->count(), 8U) << "runs 11 to 20 are of it";
  gone->there({{"id", "000000000012"}, {"error", "it cannot be read"}});
  EXPECT_EQ(gone->count(), 7U);
  EXPECT_TRUE(gone->is_in_or_later({{"id", 11U}}));
  EXPECT_FALSE(gone->is_in_or_later({{"id", 10U}}));
}

TEST(RunsGone, WhatCannotBeReadIsAnError) {
  BegunHistory history({});
  history.broken = true;
  EXPECT_FALSE(GoneRuns::of(history, clock("10:00:00"), clock("11:00:00")));
  EXPECT_EQ(no_row_of_run(history, 1).error().code, Errc::corrupt);
}

TEST(NoRowOfARun, SaysWhetherThereWasOneAndWhatStillTellsOfIt) {
  BegunHistory history(minutes(3));
  EXPECT_EQ(no_row_of_run(history, 4).error().message, "no run 4");
  EXPECT_EQ(no_row_of_run(history, 2).error().message,
            "no run 2 any more: retention has taken its row; `aright audit evidence --run 2` still tells of it");
}

}  // namespace
}  // namespace aright::api::test
