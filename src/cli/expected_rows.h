// What the entries imply of the projection tables, held against what the database has.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/entry.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// A row that is over never changes again: it is compared at once and only counted, so that memory goes with what is
/// open, not with the length of the log. One thread.
class ExpectedRows {
 public:
  explicit ExpectedRows(store::SqliteHistory& history) : history_(history) {}

  /// Rows as the entries have them now; of the same row the last counts. What does not agree is told by `compare`, so
  /// that a changed entry is told before what follows from it. Errors: of reading only.
  Result<Done> take(std::vector<Row> rows);
  /// An entry says that rows that had ended before `before` are taken away.
  void gone_before(WallTime before) { gone_before_ = std::max(gone_before_, before); }
  /// After the last entry. Errc::corrupt names the first row that is missing, too many or not what it must be.
  Result<Done> compare();

 private:
  struct Table {
    std::map<std::string, Row> open;    ///< by id
    std::vector<std::uint64_t> over{};  ///< hashes of the ids of rows that are over
    std::uint64_t missing{0};           ///< of those, that are not in the database
  };
  Result<Done> take_over(const Row& row);
  Result<Done> take_missing(const Row& row);
  Result<Done> compare(const std::string& name, Table& table);
  Result<bool> went_along(const std::string& name, const std::string& id);
  Result<Done> compare_over(const std::string& name, Table& table);

  store::SqliteHistory& history_;
  std::map<std::string, Table> tables_;
  std::optional<Error> first_;
  /// Of the rows that are over and missing the one that ended last: it must have ended before `gone_before_`.
  std::optional<RowName> last_missing_;
  WallTime last_missing_ended_{};
  WallTime gone_before_{};
};

}  // namespace aright::cli
