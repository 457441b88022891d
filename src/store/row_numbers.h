// The numbers that rows of some tables have beside their ids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/entry.h"
#include "store/sqlite.h"

namespace aright::store {

/// Tables whose rows have a number, by which they are kept.
[[nodiscard]] constexpr bool has_number(std::string_view table) {
  return table == "finding" || table == "run" || table == "notification";
}

[[nodiscard]] std::string put_row_sql(std::string_view table);

/// A row has the same number whatever has gone before: its id where that counts; a finding, whose id is a hash, that of
/// the entry which opened it (docs/decisions/0120). Of one batch.
class RowNumbers {
 public:
  explicit RowNumbers(const Batch& batch);
  /// By what was prepared of `put_row_sql(row.table)`; a row that is there keeps its number. Errors: of SQLite.
  Result<Done> put(Statement& prepared, const Row& row) const;

 private:
  [[nodiscard]] std::optional<std::uint64_t> of(const Row& row) const;

  std::map<std::string, std::uint64_t> opened_;  ///< findings, with the entries that opened them
};

}  // namespace aright::store
