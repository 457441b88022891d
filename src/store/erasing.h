// Taking contents and rows away for good.
#pragma once

#include "base/result.h"
#include "model/retention.h"
#include "store/sqlite.h"

namespace aright::store {

/// Within the present transaction. What was deleted is written over with zeros in the database's pages. Errors: of
/// SQLite; invalid: no such table.
[[nodiscard]] Result<Done> erase(Database& database, const Outdated& gone);

}  // namespace aright::store
