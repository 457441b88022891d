// The breaker: a workflow that fails too often is held until it has proved itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "guard/guard.h"

namespace aright::guard {

/// Of a breaker that is open.
struct BreakerOpen {
  Moment since;
  std::string why;         ///< the numbers that opened it
  std::uint64_t trial{0};  ///< the run that tries whether it may close; 0: none
};

/// What the breaker sees of the endings since it was closed last. Marked are the bad ones: it failed, was rolled back
/// or could not be, or nobody knows.
struct Failures {
  std::uint64_t ended{0};  ///< within (now − within, now]
  std::uint64_t bad{0};    ///< of them
};
[[nodiscard]] Failures failures(const Breaker& limit, const Tally& endings, const Now& now);

/// Why it opens now; nullopt: it stays closed.
[[nodiscard]] std::optional<std::string> trips(const Breaker& limit, const Tally& endings, const Now& now);

/// One run may be admitted to try it: it is open for long enough, by every clock that only goes forward, and no other
/// tries.
[[nodiscard]] bool may_try(const Breaker& limit, const BreakerOpen& open, const Now& now);

/// Held while it is open, unless `run` may try it, or is the one that does. nullptr: it is closed; `run` 0: none yet.
[[nodiscard]] Verdict breaker(const Breaker& limit, const BreakerOpen* open, std::uint64_t run, const Now& now);

}  // namespace aright::guard
