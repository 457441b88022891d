#include "cel/instant.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "cel/characters.h"

namespace aright::cel {

namespace {

using namespace std::chrono;

constexpr std::int64_t first_second = sys_seconds{sys_days{year{1} / 1 / 1}}.time_since_epoch().count();
constexpr std::int64_t end_second = sys_seconds{sys_days{year{10000} / 1 / 1}}.time_since_epoch().count();
constexpr std::int64_t second_nanos = 1'000'000'000;

/// `digits` decimal digits at the front of `text`, taken off it.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int out = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return out;
}

/// ".5" as nanoseconds; nothing there is zero.
std::optional<std::int32_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int32_t nanos = 0;
  std::int32_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits >= 9) return std::nullopt;
    nanos += (text[digits] - '0') * unit;
    unit /= 10;
  }
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional(nanos);
}

std::optional<seconds> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return seconds{0};
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const auto h = take_number(text, 2);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  const seconds offset = hours{*h} + minutes{*m};
  return east ? offset : -offset;
}

/// ".123" without trailing zeros; empty for zero.
std::string fraction(std::int64_t nanos) {
  if (nanos == 0) return {};
  std::string digits = fmt::format(".{:09}", nanos);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr std::array<Unit, 8> units{{{"ns", 1},
                                     {"us", 1000},
                                     {"\u00b5s", 1000},
                                     {"\u03bcs", 1000},
                                     {"ms", 1'000'000},
                                     {"s", second_nanos},
                                     {"m", 60 * second_nanos},
                                     {"h", 3600 * second_nanos}}};

__extension__ using Wide = __int128;

/// One "1.5h" off the front, in nanoseconds.
std::optional<Wide> take_part(std::string_view& text) {
  Wide whole = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    whole = whole * 10 + (text[i] - '0');
    if (whole > Wide{INT64_MAX} + 1) return std::nullopt;
  }
  std::size_t digits = i;
  text.remove_prefix(i);
  Wide part = 0;
  Wide scale = 1;
  if (take(text, '.')) {
    for (i = 0; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (i >= 18) continue;  // below anything that could count
      part = part * 10 + (text[i] - '0');
      scale *= 10;
    }
    digits += i;
    text.remove_prefix(i);
  }
  if (digits == 0) return std::nullopt;
  for (const Unit& unit : units) {
    // "m" is no unit when "ms" stands there.
    if (!text.starts_with(unit.name) || (unit.name == "m" && text.starts_with("ms"))) continue;
    text.remove_prefix(unit.name.size());
    return whole * unit.nanos + part * unit.nanos / scale;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Instant> instant(std::int64_t seconds, std::int64_t nanos) {
  std::int64_t carry = nanos / second_nanos;
  nanos %= second_nanos;
  if (nanos < 0) {
    nanos += second_nanos;
    --carry;
  }
  if (seconds < first_second - (1LL << 40) || seconds > end_second + (1LL << 40)) return std::nullopt;
  seconds += carry;
  if (seconds < first_second || seconds >= end_second) return std::nullopt;
  return Instant{seconds, static_cast<std::int32_t>(nanos)};
}

std::optional<Instant> add(Instant time, Span span) {
  return instant(time.seconds + span.count() / second_nanos, time.nanos + span.count() % second_nanos);
}

std::optional<Span> difference(Instant a, Instant b) {
  const Wide nanos = Wide{a.seconds - b.seconds} * second_nanos + (a.nanos - b.nanos);
  if (nanos > INT64_MAX || nanos < INT64_MIN) return std::nullopt;
  return Span{static_cast<std::int64_t>(nanos)};
}

std::optional<Instant> parse_instant(std::string_view text) {
  const auto y = take_number(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto mo = take_number(text, 2);
  if (!mo || !take(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto h = take_number(text, 2);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto mi = take_number(text, 2);
  if (!mi || !take(text, ':')) return std::nullopt;
  const auto s = take_number(text, 2);
  if (!s) return std::nullopt;
  const auto nanos = take_fraction(text);
  const auto offset = nanos ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  const sys_seconds time = sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s} - *offset;
  return instant(time.time_since_epoch().count(), *nanos);
}

std::string to_text(Instant time) {
  const Civil c = civil(time, seconds{0});
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", c.year, c.month + 1, c.day + 1, c.hours, c.minutes,
                     c.seconds, fraction(time.nanos));
}

std::optional<Span> parse_span(std::string_view text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  if (text == "0") return Span{0};
  if (text.empty()) return std::nullopt;
  Wide total = 0;
  while (!text.empty()) {
    const auto part = take_part(text);
    if (!part) return std::nullopt;
    total += *part;
    if (total > Wide{INT64_MAX} + 1) return std::nullopt;
  }
  if (negative) total = -total;
  if (total > INT64_MAX) return std::nullopt;
  return Span{static_cast<std::int64_t>(total)};
}

std::string to_text(Span span) {
  // Halved at the decimal point first: the most negative count has no positive twin.
  const std::int64_t whole = span.count() / second_nanos;
  const std::int64_t part = span.count() % second_nanos;
  return fmt::format("{}{}{}s", span.count() < 0 ? "-" : "", whole < 0 ? -whole : whole,
                     fraction(part < 0 ? -part : part));
}

Civil civil(Instant time, seconds offset) {
  const sys_seconds local{seconds{time.seconds} + offset};
  const sys_days date = floor<days>(local);
  const year_month_day ymd{date};
  const hh_mm_ss<seconds> clock{local - date};
  Civil out;
  out.year = static_cast<int>(ymd.year());
  out.month = static_cast<int>(static_cast<unsigned>(ymd.month())) - 1;
  out.day = static_cast<int>(static_cast<unsigned>(ymd.day())) - 1;
  out.day_of_week = static_cast<int>(weekday{date}.c_encoding());
  out.day_of_year = static_cast<int>((date - sys_days{ymd.year() / January / 1}).count());
  out.hours = static_cast<int>(clock.hours().count());
  out.minutes = static_cast<int>(clock.minutes().count());
  out.seconds = static_cast<int>(clock.seconds().count());
  return out;
}

}  // namespace aright::cel
