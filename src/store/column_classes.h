// SQLite keeps any value in any column; ours hold what the schema says (docs/decisions/0221).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/sqlite.h"

namespace aright::store {

/// Of each column a statement reads, the storage class that its table's schema gives it (SQLITE_TEXT, …); 0: none.
[[nodiscard]] std::vector<int> declared_classes(sqlite3_stmt* statement);
/// For the row it stands at: Errc::corrupt names table, row and column of the first value that is of another class.
[[nodiscard]] Result<Done> check_classes(sqlite3_stmt* statement, const std::vector<int>& declared);

/// Every value of every table, NULL only where it may be: reads the headers of all rows. Errors as `check_classes`.
[[nodiscard]] Result<Done> check_all_classes(Database& database);
/// Only the keys that are texts, in all rows: a look at the end of each index. Errors as `check_classes`.
[[nodiscard]] Result<Done> check_key_classes(Database& database);

}  // namespace aright::store
