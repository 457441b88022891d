// Damage in a database that SQLite would only notice when it comes there.
#pragma once

#include "store/sqlite.h"

namespace aright::store {

/// A whole look at a database of up to 8 MiB (a hundredth of a second); of a larger one at the first page of each table
/// and index. Errc::corrupt names the file and what SQLite says of it; what lies deeper `audit verify` finds.
[[nodiscard]] Result<Done> look_through(Database& database);

}  // namespace aright::store
