// When a window is open, as the clocks of its time zone show it. Pure once made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cel/zone.h"
#include "guard/guard.h"
#include "model/guards.h"

namespace aright::guard {

/// A window with its zone. Immutable; any thread.
///
/// Each span is one stretch of time on each of its days. It begins when the clock shows `from`; where the clock is set
/// forward over it, at that moment. Where the clock is set back and shows a time twice, a span begins at the first, an
/// allowed one ends at the first, a forbidden one at the second: the safe side.
class OpenTimes {
 public:
  /// Reads the zone from FOLDER. Errc::invalid: no zone is called so; not_found: there is none of that name.
  static Result<OpenTimes> make(const TimeWindow& window, const std::string& folder = system_zones);

  [[nodiscard]] bool open(WallTime at) const;
  /// The next moment from `at` on at which it is open, to the second. nullopt: not within fifteen days.
  [[nodiscard]] std::optional<WallTime> opens(WallTime at) const;
  /// Outside: hold, or suppress until it opens, with what the clock shows and why that is outside.
  [[nodiscard]] Verdict verdict(const Now& now) const;
  /// "Fri 16:30:05 in Europe/Berlin"
  [[nodiscard]] std::string shown(WallTime at) const;

  static constexpr const char* system_zones = "/usr/share/zoneinfo";

 private:
  struct Stretch {
    std::int64_t begin, end;  ///< seconds since 1970, UTC; empty where not before the other
    bool forbidden;
    const DaySpan* span;
  };
  OpenTimes(TimeWindow window, cel::Zone zone) : window_(std::move(window)), zone_(std::move(zone)) {}
  [[nodiscard]] std::vector<Stretch> stretches(std::int64_t around, int days_before, int days_after) const;
  [[nodiscard]] bool open_in(const std::vector<Stretch>& stretches, std::int64_t at) const;
  [[nodiscard]] std::int64_t first_shown(std::int64_t local) const;
  [[nodiscard]] std::int64_t last_shown(std::int64_t local) const;

  TimeWindow window_;
  cel::Zone zone_;
};

/// "mon, tue 08:00 to 18:00"
[[nodiscard]] std::string text(const DaySpan& span);
/// A week of it has a minute that is open, whatever the zone.
[[nodiscard]] bool ever_open(const TimeWindow& window);

}  // namespace aright::guard
