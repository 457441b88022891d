// Points in time from year 1 to 9999 and spans of up to 292 years, with their texts.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aright::cel {

using Span = std::chrono::nanoseconds;

/// UTC. `nanos` is 0 to 999,999,999, also before 1970.
struct Instant {
  std::int64_t seconds{0};
  std::int32_t nanos{0};
  auto operator<=>(const Instant&) const = default;
};

/// The time as a calendar and a clock with this offset show it.
struct Civil {
  int year{1970};
  int month{0};        ///< from 0
  int day{0};          ///< of the month, from 0
  int day_of_week{0};  ///< 0 is Sunday
  int day_of_year{0};  ///< from 0
  int hours{0};
  int minutes{0};
  int seconds{0};
};

/// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. nullopt: outside.
[[nodiscard]] std::optional<Instant> instant(std::int64_t seconds, std::int64_t nanos = 0);
[[nodiscard]] std::optional<Instant> add(Instant time, Span span);
/// nullopt: more than 64 bits of nanoseconds hold.
[[nodiscard]] std::optional<Span> difference(Instant a, Instant b);

/// RFC 3339 with `Z` or an offset and up to nine digits of a fraction; no leap seconds. nullopt: not one, or outside.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);
/// RFC 3339 in UTC with as many fraction digits as needed.
[[nodiscard]] std::string to_text(Instant time);

/// "1h30m", "-1.5s", "0": signed decimal numbers with h, m, s, ms, us, ns. nullopt: not one, or too long.
[[nodiscard]] std::optional<Span> parse_span(std::string_view text);
/// Seconds with as many fraction digits as needed: "5400s", "-1.5s".
[[nodiscard]] std::string to_text(Span span);

[[nodiscard]] Civil civil(Instant time, std::chrono::seconds offset);

}  // namespace aright::cel
