// Whose contents somebody has erased, from the log.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/port/store.h"

namespace aright::api {

/// Reads the log once, when first asked, and later what has come since. Any thread.
class ErasedSubjects {
 public:
  /// When that of `subject` was, last; nullopt: never.
  Result<std::optional<WallTime>> last(History& history, const std::string& subject);

 private:
  Result<Done> read_on(History& history);

  std::mutex mutex_;
  std::uint64_t next_{0};  ///< the first entry not read yet
  std::map<std::string, WallTime> erased_;
};

}  // namespace aright::api
