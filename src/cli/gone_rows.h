// Rows that retention has taken away, made again from the entries, which stay.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// Of which runs and findings rows are wanted: of these runs and those that undo them, or of a control.
struct GoneWanted {
  std::set<std::uint64_t> runs;
  std::string control;
};

/// By table ("run", "finding", "undone") and id, as they came to be last, whether or not they are kept still.
using MadeRows = std::map<std::string, std::map<std::string, Json>>;

/// Whether retention has ever taken rows away. Reads the whole log.
[[nodiscard]] Result<bool> rows_were_taken(store::SqliteHistory& log);

/// Applies every entry, as `audit verify` does. Errc::corrupt: an entry does not follow from those before.
[[nodiscard]] Result<MadeRows> rows_from_entries(store::SqliteHistory& log, const GoneWanted& wanted);

}  // namespace aright::cli
