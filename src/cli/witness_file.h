// What a witness holds, as lines of text: a file it was written to, an export of the system log, the daemon's own log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/log_check.h"
#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// The note of a checkpoint in one line: `|` for each newline.
[[nodiscard]] std::string witness_line(const std::string& note);

/// Every checkpoint of the log of `key` in `file`, in the order of its lines. Lines without one, of other logs, and
/// lines that were not written to their end are passed over. Errc::invalid "FILE, line N: …": one that this log has not
/// signed. Others as the system says.
[[nodiscard]] Result<std::vector<audit::HeldCheckpoint>> read_witness(const std::string& file,
                                                                      const audit::VerifyKey& key);

/// The last of them, from the end of a long file; then its line counts from somewhere within. nullopt: there is none.
[[nodiscard]] Result<std::optional<audit::HeldCheckpoint>> newest_witnessed(const std::string& file,
                                                                            const audit::VerifyKey& key);

/// How the log of a node and what a witness holds part.
struct Parted {
  audit::SetBack back;
  std::string why;  ///< as audit::LogCheck::end says it
};

/// Whether the log goes on from the newest checkpoint in `file`. nullopt: it does, or the file has none of this log.
/// Quick where the log has stored that very checkpoint; else all entries are read, to say where they part.
[[nodiscard]] Result<std::optional<Parted>> compare_with_witness(store::SqliteHistory& history, const std::string& file,
                                                                 const audit::VerifyKey& key);

/// The kind of the entry that says so when a person has taken up a log of which a witness knew more, or another.
inline constexpr const char* set_back_kind = "node.set_back";
/// Of an entry of that kind; nullopt for all others.
[[nodiscard]] std::optional<audit::SetBack> set_back_of(const Json& entry);

}  // namespace aright::cli
