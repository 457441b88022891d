// A quick look at the end of the log before anything is added to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "audit/key.h"
#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// What may lack a signature: entries of one life of the daemon, within one second of each other. The first commit of
/// every life and its last are signed, and in between every commit that comes later than 0.8 s after the first unsigned
/// entry; measured by the boot-time clock, which no life lasts longer than. Only a death leaves such a tail.
class UnsignedTail {
 public:
  /// The last entry under a signature.
  void follows(const Json& entry);
  /// The next entry that no signature covers, in order, of a log of so many. Errc::corrupt: a checkpoint was due.
  [[nodiscard]] Result<Done> add(const Json& entry, std::uint64_t log_size);

 private:
  bool stopped_{false};  ///< the last signed entry ends a life
  std::optional<std::uint64_t> first_;
  std::chrono::microseconds first_up_{};
};

/// Whether `database` has entries. Errc::corrupt: it has none, though `key_file`, which is written after the first of
/// them, is there.
[[nodiscard]] Result<bool> has_begun(store::SqliteHistory& history, const std::string& database,
                                     const std::string& key_file);

/// Checks the newest checkpoint (signature, log, root), the stored tree, the last entries (at most 1024) against both,
/// and that no more of them lack a signature than a death leaves; bounded, whatever the size of the log. Errc::corrupt
/// says what does not fit: the database is damaged, or mixed with files of another or an older one. `audit verify` is
/// the whole check.
[[nodiscard]] Result<Done> check_tail(store::SqliteHistory& history, const audit::VerifyKey& key);

}  // namespace aright::cli
