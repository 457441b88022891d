// Time zones: fixed offsets, and named ones from the system's zoneinfo files (RFC 9636).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aright::cel {

/// When summer time begins or ends in every year, as the last line of a zoneinfo file says for the years behind its
/// table.
struct ZoneRule {
  enum class Form : std::uint8_t { month_week_day, day_without_leap, day_with_leap };
  Form form{Form::month_week_day};
  int month{0}, week{0}, day{0};
  std::chrono::seconds time{std::chrono::hours{2}};  ///< of the local day; may be negative or beyond a day
  /// Seconds since 1970 as the local clock shows them.
  [[nodiscard]] std::int64_t local_second(int year) const;
};

/// Immutable; any thread.
class Zone {
 public:
  static Zone fixed(std::chrono::seconds offset);
  /// "UTC", "Z", "+02:00", "-09:30", "02:00". nullopt: none of these, so perhaps a name.
  static std::optional<Zone> parse_fixed(std::string_view text);
  /// Reads FOLDER/NAME. Errc::invalid: not a name of the form Area/Place, or not a zoneinfo file of version 2 or later;
  /// not_found: no such zone.
  static Result<Zone> load(const std::string& folder, std::string_view name);

  [[nodiscard]] std::chrono::seconds offset_at(std::int64_t utc_seconds) const;

 private:
  struct Summer {
    std::chrono::seconds offset{0};
    ZoneRule begins, ends;
  };
  [[nodiscard]] std::chrono::seconds offset_by_rule(std::int64_t utc_seconds) const;
  bool read_table(std::string_view block);
  bool read_footer(std::string_view text);

  std::vector<std::int64_t> changes_;             ///< UTC, ascending
  std::vector<std::chrono::seconds> offsets_;     ///< from each change on
  std::chrono::seconds first_{0};                 ///< before the first change
  std::optional<std::chrono::seconds> standard_;  ///< behind the last change, by the footer
  std::optional<Summer> summer_;
};

}  // namespace aright::cel
