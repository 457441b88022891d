// Looks at a database's files before SQLite does: SQLite mends some damage by forgetting what was there.
#pragma once

#include <string>

#include "base/result.h"

namespace aright::store {

/// Refused with Errc::corrupt or denied, by name, nothing changed: `file` is a link, no regular file or has a second
/// name; it has no SQLite header, or ours without WAL mode; its write-ahead log lies there without it, or is damaged
/// before the last transaction (SQLite would drop everything from the damaged frame on). A missing or empty database
/// without a log is none of these. Damage within the last transaction cannot be told from a write cut short by a power
/// cut: SQLite then drops that transaction as a whole. Only while nobody writes, and never in a process that has the
/// database open: closing a second handle drops SQLite's locks.
[[nodiscard]] Result<Done> check_files(const std::string& file);

/// Before anything opens them: the database and what SQLite keeps beside it (`-wal`, `-shm`, `-journal`) are regular
/// files, or not there. To open a FIFO waits for ever. Errc::denied, by name.
[[nodiscard]] Result<Done> check_kinds(const std::string& file);

/// Makes an empty file of mode 0600 when there is none, and takes access away from others when there is.
[[nodiscard]] Result<Done> make_private(const std::string& file);

/// What to do about a database that cannot be used; ends the messages of refusals.
[[nodiscard]] std::string_view what_to_do();
/// The same where not what is stored is at fault but what it is stored on.
[[nodiscard]] std::string_view what_to_do_about_the_disk();
/// A message of Errc::corrupt ends with one of them: the latter where the system said EIO.
[[nodiscard]] Error advised(Error error);
/// What to do about `folder`, in which deliveries are kept; `advised` adds nothing to it.
[[nodiscard]] std::string what_to_do_about_deliveries(std::string_view folder);
/// What goes with deliveries that are given up.
[[nodiscard]] std::string_view deliveries_are_lost();

}  // namespace aright::store
