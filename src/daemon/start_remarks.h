// What a start has to say about the log before it goes on with it: a restored copy, one that a witness knows more of.
#pragma once

#include <string>
#include <vector>

#include "audit/key.h"
#include "cli/cli.h"
#include "cli/witness_place.h"
#include "engine/pause.h"
#include "engine/remembered.h"
#include "store/sqlite_history.h"

namespace aright::daemon {

/// For the record of the start, first that `options.state` was restored from a backup. Errc::denied: a file or
/// a server holds a checkpoint that is no beginning of this log, and nobody said to go on; invalid: a file holds one
/// that this log has not signed. A witness that cannot be read or reached, or holds nothing of this log yet, is told
/// the daemon's log and refuses nothing.
[[nodiscard]] Result<std::vector<engine::Remark>> start_remarks(store::SqliteHistory& history,
                                                                const audit::VerifyKey& key,
                                                                const std::vector<cli::WitnessPlace>& witnesses,
                                                                const cli::ServeOptions& options);

/// Warns in the log of each pause that an earlier life left in force: a daemon that acts on nothing must not look as if
/// it did.
void tell_of_pauses(const std::vector<engine::Paused>& pauses);

/// After the remarks are on record: the mark of a restored folder has done its work.
void forget_restored(const std::string& state);

}  // namespace aright::daemon
