// Finds what has been kept long enough (docs/decisions/0195).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "model/retention.h"
#include "store/sqlite.h"

namespace aright::store {

/// One pass over the store on a read-only connection of its own, beside who writes. One thread.
class OutdatedRows {
 public:
  /// Errors: of SqliteHistory::open.
  static Result<OutdatedRows> open(const std::string& file);
  /// The next `most` at the most that are over their time at `now`, or over `retention.bytes`; what was given is not
  /// given again. Empty: there are no more. Errors: of SQLite.
  Result<Outdated> next(const Retention& retention, WallTime now, std::size_t most);

 private:
  explicit OutdatedRows(Database database) : database_(std::move(database)) {}
  Result<Done> add_contents(const Retention& retention, WallTime now, std::size_t most, Outdated& into);
  Result<Done> add_rows(const KeptTable& table, WallTime before, std::size_t most, Outdated& into);
  Result<std::uint64_t> too_many_bytes(const Retention& retention);
  Result<Done> add_oldest(std::size_t most, Outdated& into);
  Result<Done> add_oldest_rows(const KeptTable& table, std::size_t most, Outdated& into);

  Database database_;
  std::map<std::string, std::string> after_;  ///< by table: what was given last, in its order
  std::optional<std::uint64_t> excess_;       ///< bytes that must still go; none: not yet counted
};

}  // namespace aright::store
