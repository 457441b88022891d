// What a start has to say about the log before it goes on with it: that a witness knows more of it.
#pragma once

#include <string>
#include <vector>

#include "audit/key.h"
#include "cli/cli.h"
#include "cli/witness_place.h"
#include "engine/remembered.h"
#include "store/sqlite_history.h"

namespace aright::daemon {

/// For the record of the start. Errc::denied: a file witness
/// holds a checkpoint that is no beginning of this log, and nobody said to go on; invalid: it holds one that this log
/// has not signed. A witness that cannot be read, or holds nothing of this log yet, is told the daemon's log and
/// refuses nothing.
[[nodiscard]] Result<std::vector<engine::Remark>> start_remarks(store::SqliteHistory& history,
                                                                const audit::VerifyKey& key,
                                                                const std::vector<cli::WitnessPlace>& witnesses,
                                                                const cli::ServeOptions& options);

}  // namespace aright::daemon
