// Contents that entries commit to, and whether those that are not kept any more were taken away on record.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/sqlite_history.h"

namespace aright::cli {

/// Of a log, entry by entry.
class NamedContents {
 public:
  void take(std::uint64_t seq, const Json& entry);
  /// Errc::corrupt: more are missing than retention and erasure say that they have taken away.
  [[nodiscard]] Result<Done> compare(store::SqliteHistory& history);

 private:
  std::vector<std::pair<std::size_t, std::uint64_t>> named_;  ///< hash of an id, and the entry
  std::uint64_t taken_away_{0};
};

}  // namespace aright::cli
