// `aright audit verify`: the whole log, offline, with the public key only.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "model/port/store.h"

namespace aright::cli {

/// What others hold of the log; empty: nothing.
struct OutsideFiles {
  std::string checkpoint;  ///< one kept by somebody, as a note or as the line of the daemon's log
  std::string witness;     ///< all that a witness holds: the file it writes, or an export of the system log
};

/// Checks SQLite's integrity, every entry, leaf and checkpoint, and that all rows equal what the entries imply. The
/// first thing wrong is the error: sequence number, table and row, or the page. On success what was checked.
/// The log must hold exactly the trees that `files` name, but for those that an entry says were given up: this finds
/// what the log alone cannot show, a log cut back to an earlier signature and one signed anew with a stolen key.
[[nodiscard]] Result<Json> verify_log(const std::string& database, const std::string& key_file,
                                      const OutsideFiles& files = {});

}  // namespace aright::cli
