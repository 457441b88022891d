// One reading of the clocks, and the time between two, as the text speaks of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace aright::timelines {

struct Clock {
  std::int64_t wall_ms{0};
  std::int64_t boot_ms{0};
  int boot{0};
};

inline std::int64_t ms(std::chrono::nanoseconds span) { return span / std::chrono::milliseconds{1}; }

/// "Elapsed time is the smaller of both clocks while the boot id is the same, otherwise the wall clock's, never
/// negative."
inline std::int64_t elapsed_ms(const Clock& then, const Clock& now) {
  std::int64_t span = now.wall_ms - then.wall_ms;
  if (then.boot == now.boot) span = std::min(span, now.boot_ms - then.boot_ms);
  return std::max<std::int64_t>(span, 0);
}

}  // namespace aright::timelines
