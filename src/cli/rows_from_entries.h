// Rows made again from the entries: those stay when retention takes rows away, and are what was signed.
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
struct RowsWanted {
  std::set<std::uint64_t> runs;
  std::string control;
};

/// By table ("run", "finding", "undone", and every "waiver") and id, as they came to be last, kept still or not.
using MadeRows = std::map<std::string, std::map<std::string, Json>>;

/// Applies every entry, as `audit verify` does. Errc::corrupt: an entry does not follow from those before.
[[nodiscard]] Result<MadeRows> rows_from_entries(store::SqliteHistory& log, const RowsWanted& wanted);

}  // namespace aright::cli
