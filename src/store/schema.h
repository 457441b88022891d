// The tables, as an ordered list of migrations.
#pragma once

#include "store/sqlite.h"

namespace aright::store {

/// Creates or migrates. Errc::corrupt names the file: not a database, another program's, or of a newer version.
[[nodiscard]] Result<Done> prepare_schema(Database& database);
/// The same refusals, without writing.
[[nodiscard]] Result<Done> check_schema(Database& database);
/// For who only reads: also Errc::invalid when an older version wrote it and nobody has brought it up to date.
[[nodiscard]] Result<Done> check_current(Database& database);

}  // namespace aright::store
