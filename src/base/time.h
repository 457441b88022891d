// Points in time and spans as the core sees them.
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright {

using Nanos = std::chrono::nanoseconds;
/// Wall clock, UTC, nanoseconds since 1970.
using WallTime = std::chrono::sys_time<Nanos>;

/// One reading of all clocks. Only the shell reads clocks; everything pure gets a `Now`.
struct Now {
  WallTime wall{};
  Nanos boot{};         ///< CLOCK_BOOTTIME: goes on during suspend, never steps
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id; readings of `boot` compare only within one boot
};

/// When something was recorded, enough to ask later how long ago that was.
struct Moment {
  WallTime wall{};
  Nanos boot{};
  std::string boot_id;

  static Moment of(const Now& now) { return {now.wall, now.boot, now.boot_id}; }
  bool operator==(const Moment&) const = default;
};

/// Time since `then` for windows: the smaller of both clocks within one boot, else the wall clock's; never negative.
/// The smaller one keeps an admission in its window when a clock jumps ahead (the safe side).
[[nodiscard]] Nanos elapsed(const Moment& then, const Now& now);

/// Time since `then` for expiries (approvals): the larger of both clocks within one boot; never negative.
[[nodiscard]] Nanos elapsed_at_most(const Moment& then, const Now& now);

/// RFC 3339 in UTC with microseconds and `Z`: "2026-11-24T00:18:04.000123Z".
[[nodiscard]] std::string rfc3339(WallTime time);
/// The reverse of `rfc3339`; up to nine fraction digits, `Z` only; 1677-09-21T00:12:44Z to
/// 2262-04-11T23:47:16.854775807Z, which 64 bits of nanoseconds hold. Error invalid.
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

/// As `parse_rfc3339`; also a day, "2026-12-01", which stands for its first moment in UTC. Error invalid.
[[nodiscard]] Result<WallTime> parse_day_or_time(std::string_view text);
/// As that; also how long before `now`, as `parse_duration` reads it. Error invalid says what to write.
[[nodiscard]] Result<WallTime> parse_past(std::string_view text, WallTime now);

/// "250ms", "5s", "10m", "1h", "7d": one whole positive number and one unit. Error invalid names the text.
[[nodiscard]] Result<Nanos> parse_duration(std::string_view text);
/// The shortest exact form that `parse_duration` reads again.
[[nodiscard]] std::string format_duration(Nanos span);

}  // namespace aright
