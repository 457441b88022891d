// Runs of which retention has taken the row: their entries stay (docs/decisions/0195).
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "model/port/store.h"

namespace aright::api {

/// Errc::not_found, in words: whether there never was run `id`, or its row has gone.
[[nodiscard]] Result<Done> no_row_of_run(History& history, std::uint64_t id);

/// Counts those that began in a stretch of time and have no row any more. Runs are numbered one after the other, and
/// the first entry of each says when it began: a few of those are read, not the log.
class GoneRuns {
 public:
  /// Of [since, until). Errors: of `history`.
  static Result<GoneRuns> of(History& history, WallTime since, WallTime until);
  /// One that has its row.
  void there(const Json& run);
  /// Rows are given the newest first: whether there may be more of that stretch behind it.
  [[nodiscard]] bool is_in_or_later(const Json& run) const;
  [[nodiscard]] std::uint64_t count() const { return end_ - first_ - there_; }

 private:
  GoneRuns(std::uint64_t first, std::uint64_t end) : first_(first), end_(end) {}
  std::uint64_t first_;
  std::uint64_t end_;  ///< the one behind the last
  std::uint64_t there_{0};
};

}  // namespace aright::api
