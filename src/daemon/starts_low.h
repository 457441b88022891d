// A start without room for the reserve of the state folder.
#pragma once

#include "store/sqlite_history.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace aright::daemon {

/// Sets the reserve aside, if need be in the room of the write-ahead log. True: there is no room, and the log has been
/// begun; it goes on without a reserve, as it would have while it ran: whoever restarts a daemon again and again gives
/// up long before the disk has room. Errc::no_space: a first start; others as of `set_reserve_aside` and of reading.
[[nodiscard]] Result<bool> starts_low(store::StateFolder& state, store::SqliteStore& store,
                                      store::SqliteHistory& history);

}  // namespace aright::daemon
