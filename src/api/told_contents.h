// Which contents the log names about one subject. A run's row names those of its last plan alone, and a run that was
// approved has been planned twice.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"
#include "model/port/store.h"

namespace aright::api {

struct ToldContents {
  std::set<std::string> contents;  ///< commitments' ids, whether or not they are kept
  /// Whose runs and findings are about it, by name: of those whose rows are kept.
  std::set<std::string> workflows, controls;
  std::set<std::uint64_t> runs;  ///< about it, or with a step on it, whether or not their rows are kept
  std::uint64_t told{0};         ///< entries that tell of it in public
  bool folded{false};            ///< a message about it was told as one with others
};

/// Of findings on `subject`, of every step of runs about it, and of steps of other runs on it. Reads the whole log,
/// part by part. Any thread; errors of `history`, Errc::corrupt: an entry cannot be read.
[[nodiscard]] Result<ToldContents> told_contents(History& history, const std::string& subject);

}  // namespace aright::api
