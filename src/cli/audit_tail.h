// A quick look at the end of the log before anything is added to it.
#pragma once

#include "audit/key.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// Checks the newest checkpoint (signature, log, root), the stored tree, and the last entries (at most 1024) against
/// both; bounded, whatever the size of the log. Errc::corrupt says what does not fit: the database is damaged, or mixed
/// with files of another or an older one. `audit verify` is the whole check.
[[nodiscard]] Result<Done> check_tail(store::SqliteHistory& history, const audit::VerifyKey& key);

}  // namespace aright::cli
