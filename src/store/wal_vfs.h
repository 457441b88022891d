// SQLite's own file access, except that what a commit appends to the write-ahead log goes out in one write instead of
// two for each page, and that a disk that does not read is told apart from a damaged database.
#pragma once

#include "base/result.h"

namespace aright::store {

/// The name to open databases with. Registered once for the process; any thread. Errc::unavailable: SQLite has no
/// default file access.
[[nodiscard]] Result<const char*> wal_vfs();

}  // namespace aright::store
