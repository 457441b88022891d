// What number each row of a table that has them must have, held against the database.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// Runs and notifications are numbered as their ids say, findings as the entries that opened them; so also where
/// retention has taken others away. One thread.
class ExpectedNumbers {
 public:
  /// Of the log, entry by entry.
  void take(std::uint64_t seq, const Json& entry);
  /// Errc::corrupt names the first row whose number is not its own, and what it ought to be.
  [[nodiscard]] Result<Done> compare(store::SqliteHistory& history);

 private:
  std::vector<std::pair<std::size_t, std::uint64_t>> opened_;  ///< hash of a finding's id, and the entry
};

}  // namespace aright::cli
