// A backup of the state folder, made beside its daemon and checked; and what comes back from one.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace aright::cli {

/// Copies the state folder `state` into the new folder `to` (0700): the database as it is at one moment, the keys, what
/// waits in spools, the windows of correlations; durable, and checked as `verify_log` checks it, before it says what it
/// is (as in backup.json, which is written last). On an error nothing is left. Errors: conflict: `to` is there already;
/// invalid: it lies in `state`; others as copying and checking say.
[[nodiscard]] Result<Json> back_up(const std::string& state, const std::string& to);

/// Makes the state folder `state` of the backup `from`, in one piece: it is there as a whole or not at all, and says at
/// the next start that it is a restored one. `state` must not be there, or be empty and not in use (Errc::denied).
/// Errc::corrupt: the backup is not whole, or not as it was made.
[[nodiscard]] Result<Json> restore(const std::string& from, const std::string& state, const std::string& reason);

/// What `restore` leaves for the next start.
inline constexpr const char* restored_mark = "restored.json";

}  // namespace aright::cli
