// `aright audit verify`: the whole log, offline, with the public key only.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "model/port/store.h"

namespace aright::cli {

/// Checks SQLite's integrity, every entry, leaf and checkpoint, and that all rows equal what the entries imply. The
/// first thing wrong is the error: sequence number, table and row, or the page. On success what was checked.
/// `kept_file`: a checkpoint of this log that somebody kept, as a note or as the line of the daemon's log; empty: none.
/// The log must hold exactly that tree: this finds what the log alone cannot show, a log cut back to an earlier
/// signature and one signed anew with a stolen key.
[[nodiscard]] Result<Json> verify_log(const std::string& database, const std::string& key_file,
                                      const std::string& kept_file);

}  // namespace aright::cli
