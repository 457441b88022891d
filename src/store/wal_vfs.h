// SQLite's own file access, except that what a commit appends to the write-ahead log goes out in one write instead of
// two for each page, that a disk that does not read is told apart from a damaged database, and that whatever leaves no
// room for a write is a full disk.
#pragma once

#include "base/result.h"

namespace aright::store {

/// The name to open databases with. Registered once for the process; any thread. Errc::unavailable: SQLite has no
/// default file access.
[[nodiscard]] Result<const char*> wal_vfs();

/// The errno behind a code of SQLITE_FULL; ENOSPC where SQLite itself says so.
[[nodiscard]] int no_room_of(int code);

}  // namespace aright::store
