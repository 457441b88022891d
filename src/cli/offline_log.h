// The log of a state folder as it lies on the disk, whether its daemon runs or not.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// What `read` makes of the log in the file `database`. Nothing is written and no file is made, so no right to write is
/// needed. While a daemon runs in that folder, what it has committed is read beside it. `read` is called a second time
/// when it failed and a daemon has begun to write meanwhile. Errors: not_found, denied; corrupt as `store::check_files`
/// and `SqliteHistory::open` say it; those of `read`.
[[nodiscard]] Result<Json> read_log(const std::string& database,
                                    const std::function<Result<Json>(store::SqliteHistory&)>& read);

}  // namespace aright::cli
