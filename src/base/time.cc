#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace aright {

namespace {

Nanos not_negative(Nanos span) { return std::max(span, Nanos::zero()); }

/// Reads exactly `digits` decimal digits at the front of `text` and removes them.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.front() == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Nanos> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return Nanos::zero();
  std::int64_t value = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 9) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return Nanos{value};
}

// Nanoseconds in 64 bits reach from 1677 to 2262.
constexpr auto first_second = std::chrono::floor<std::chrono::seconds>(WallTime::min());
constexpr auto last_second = std::chrono::floor<std::chrono::seconds>(WallTime::max());

struct Unit {
  std::string_view suffix;
  Nanos size;
};
using namespace std::chrono_literals;
constexpr std::array<Unit, 5> units{{{"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};

}  // namespace

Nanos elapsed(const Moment& then, const Now& now) {
  const Nanos wall = now.wall - then.wall;
  if (then.boot_id != now.boot_id) return not_negative(wall);
  return not_negative(std::min(wall, now.boot - then.boot));
}

Nanos elapsed_at_most(const Moment& then, const Now& now) {
  const Nanos wall = now.wall - then.wall;
  if (then.boot_id != now.boot_id) return not_negative(wall);
  return not_negative(std::max(wall, now.boot - then.boot));
}

std::string rfc3339(WallTime time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(micros);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{micros - day};
  std::string text = "0000-00-00T00:00:00.000000Z";  // by hand: every entry has one, and its rows have more
  const auto put = [&text](std::size_t end, auto number) {
    for (; number != 0; number /= 10) text[--end] = static_cast<char>('0' + number % 10);
  };
  put(4, static_cast<unsigned>(static_cast<int>(date.year())));  // from 1677 to 2262, see above
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, static_cast<std::uint64_t>(clock.hours().count()));
  put(16, static_cast<std::uint64_t>(clock.minutes().count()));
  put(19, static_cast<std::uint64_t>(clock.seconds().count()));
  put(26, static_cast<std::uint64_t>(clock.subseconds().count()));
  return text;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  const auto bad = [whole = text] {
    return fail(Errc::invalid, fmt::format("\"{}\" is not a time like 2026-11-24T00:18:04Z", whole));
  };
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return bad();
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return bad();
  const auto day = take_digits(text, 2);
  if (!day || !take(text, 'T')) return bad();
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return bad();
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return bad();
  const auto second = take_digits(text, 2);
  if (!second) return bad();
  const auto fraction = take_fraction(text);
  if (!fraction || text != "Z") return bad();
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return bad();
  const std::chrono::sys_seconds whole = std::chrono::sys_days{date} + std::chrono::hours{*hour} +
                                         std::chrono::minutes{*minute} + std::chrono::seconds{*second};
  if (whole <= first_second || whole > last_second) return bad();
  if (whole == last_second && *fraction > WallTime::max() - WallTime{whole}) return bad();
  return WallTime{whole} + *fraction;
}

Result<Nanos> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view suffix{stop, text.data() + text.size()};
  for (const Unit& unit : units) {
    if (error != std::errc{} || suffix != unit.suffix || count <= 0) continue;
    if (count > Nanos::max() / unit.size) break;
    return count * unit.size;
  }
  return fail(Errc::invalid, fmt::format("\"{}\" is not a duration like 250ms, 5s, 10m, 1h or 7d", text));
}

Result<WallTime> parse_day_or_time(std::string_view text) {
  const bool day = text.size() == std::string_view("2026-12-01").size();
  return parse_rfc3339(day ? std::string(text) + "T00:00:00Z" : std::string(text));
}

Result<WallTime> parse_past(std::string_view text, WallTime now) {
  if (const auto time = parse_day_or_time(text)) return *time;
  if (const auto span = parse_duration(text)) return now - *span;
  return fail(
      Errc::invalid,
      fmt::format("\"{}\": write how long ago, such as 30d, or when, such as 2026-11-27 or 2026-11-27T08:00:00Z",
                  text));
}

std::string format_duration(Nanos span) {
  for (const Unit& unit : units) {
    if (span != Nanos::zero() && span % unit.size == Nanos::zero()) {
      return fmt::format("{}{}", span / unit.size, unit.suffix);
    }
  }
  return fmt::format("{}ms", span / 1ms);
}

}  // namespace aright
