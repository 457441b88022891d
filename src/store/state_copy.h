// A state folder copied, also while its daemon works in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aright::store {

/// The database as it is at one moment, whatever is written meanwhile, durable in the new file `to`. `in_use`: a daemon
/// works in its folder. Errors as SQLite says them.
[[nodiscard]] Result<Done> copy_database(const std::string& from, const std::string& to, bool in_use);

/// Every regular file below `from` into `to` (files 0600, folders 0700, made as needed), durable, in the place of what
/// is there; their names below `from`, in order. Left out: the database, the socket, and what is only of use to a
/// living daemon. A file that goes meanwhile is passed over. Errc::denied: a link, a FIFO or another thing that is
/// neither file nor folder, or a key that is no file: nothing was copied. Other errors as the system says.
[[nodiscard]] Result<std::vector<std::string>> copy_state_files(const std::string& from, const std::string& to);

/// The spools of deliveries below `folder`, which nobody uses: Errc::corrupt as Spool::open says it. Cuts torn ends.
[[nodiscard]] Result<Done> check_spools(const std::string& folder);

/// What was renamed or made directly in `folder` stays so after a power cut.
[[nodiscard]] Result<Done> sync_folder(const std::string& folder);

}  // namespace aright::store
