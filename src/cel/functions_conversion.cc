// int, uint, double, string, bytes, bool, type, dyn, timestamp, duration.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/text.h"
#include "cel/functions.h"

namespace aright::cel {

namespace {

Outcome<Value> same(Arguments a, Context& /*context*/) { return a[0]; }
Outcome<Value> type_of(Arguments a, Context& /*context*/) { return Value::type(a[0].kind()); }

std::unexpected<Fault> no_conversion(const Value& value, Kind to) {
  return fault(fmt::format("\"{}\" cannot become {}", clip_text(to_text(value).value_or("bytes"), 80), name(to)));
}
std::unexpected<Fault> beyond(const Value& value, Kind to) {
  return fault(fmt::format("{} is out of the range of {}", to_text(value).value_or("a value"), name(to)));
}

/// The whole text as a number.
template <class Number>
bool read_number(std::string_view text, Number& out) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

Outcome<Value> int_of_uint(Arguments a, Context& /*context*/) {
  if (!std::in_range<std::int64_t>(a[0].as_uint())) return beyond(a[0], Kind::integer);
  return Value::integer(static_cast<std::int64_t>(a[0].as_uint()));
}
Outcome<Value> int_of_double(Arguments a, Context& /*context*/) {
  // Both ends are excluded: what is written there has been rounded, perhaps from beyond.
  if (!(a[0].as_double() > -0x1p63 && a[0].as_double() < 0x1p63)) return beyond(a[0], Kind::integer);
  return Value::integer(static_cast<std::int64_t>(a[0].as_double()));
}
Outcome<Value> int_of_text(Arguments a, Context& /*context*/) {
  std::int64_t out = 0;
  if (!read_number(a[0].as_text(), out)) return no_conversion(a[0], Kind::integer);
  return Value::integer(out);
}
Outcome<Value> int_of_time(Arguments a, Context& /*context*/) { return Value::integer(a[0].as_timestamp().seconds); }

Outcome<Value> uint_of_int(Arguments a, Context& /*context*/) {
  if (a[0].as_int() < 0) return beyond(a[0], Kind::unsigned_integer);
  return Value::unsigned_integer(static_cast<std::uint64_t>(a[0].as_int()));
}
Outcome<Value> uint_of_double(Arguments a, Context& /*context*/) {
  if (!(a[0].as_double() >= 0 && a[0].as_double() < 0x1p64)) return beyond(a[0], Kind::unsigned_integer);
  return Value::unsigned_integer(static_cast<std::uint64_t>(a[0].as_double()));
}
Outcome<Value> uint_of_text(Arguments a, Context& /*context*/) {
  std::uint64_t out = 0;
  if (!read_number(a[0].as_text(), out)) return no_conversion(a[0], Kind::unsigned_integer);
  return Value::unsigned_integer(out);
}

Outcome<Value> double_of_int(Arguments a, Context& /*context*/) {
  return Value::floating(static_cast<double>(a[0].as_int()));
}
Outcome<Value> double_of_uint(Arguments a, Context& /*context*/) {
  return Value::floating(static_cast<double>(a[0].as_uint()));
}
Outcome<Value> double_of_text(Arguments a, Context& /*context*/) {
  double out = 0;
  // from_chars would also take nan(…).
  if (a[0].as_text().find('(') != std::string::npos || !read_number(a[0].as_text(), out)) {
    return no_conversion(a[0], Kind::floating);
  }
  return Value::floating(out);
}

Outcome<Value> text_of(Arguments a, Context& /*context*/) {
  auto out = to_text(a[0]);
  if (!out) return fault(out.error().message);
  return Value::text(std::move(*out));
}
Outcome<Value> bytes_of_text(Arguments a, Context& /*context*/) { return Value::bytes(a[0].as_text()); }

Outcome<Value> bool_of_text(Arguments a, Context& /*context*/) {
  const std::string& text = a[0].as_text();
  for (const char* yes : {"true", "True", "TRUE", "t", "T", "1"}) {
    if (text == yes) return Value::boolean(true);
  }
  for (const char* no : {"false", "False", "FALSE", "f", "F", "0"}) {
    if (text == no) return Value::boolean(false);
  }
  return no_conversion(a[0], Kind::boolean);
}

Outcome<Value> time_of_text(Arguments a, Context& /*context*/) {
  const auto out = parse_instant(a[0].as_text());
  if (out) return Value::timestamp(*out);
  return fault(
      fmt::format("\"{}\" is no time as in 2026-01-31T10:00:00Z, or out of range", clip_text(a[0].as_text(), 64)));
}
Outcome<Value> time_of_int(Arguments a, Context& /*context*/) {
  const auto out = instant(a[0].as_int());
  return out ? Outcome<Value>(Value::timestamp(*out)) : beyond(a[0], Kind::timestamp);
}
Outcome<Value> span_of_text(Arguments a, Context& /*context*/) {
  const auto out = parse_span(a[0].as_text());
  if (out) return Value::duration(*out);
  return fault(
      fmt::format("\"{}\" is no duration as in 1h30m or 1.5s, or out of range", clip_text(a[0].as_text(), 64)));
}

using enum Kind;
constexpr auto function = Style::function;
constexpr Overload table[] = {
    {"dyn", function, {dyn}, dyn, 0, same},
    {"type", function, {dyn}, type, 0, type_of},
    {"int", function, {integer}, integer, 0, same},
    {"int", function, {unsigned_integer}, integer, 0, int_of_uint},
    {"int", function, {floating}, integer, 0, int_of_double},
    {"int", function, {text}, integer, 0, int_of_text},
    {"int", function, {timestamp}, integer, 0, int_of_time},
    {"uint", function, {unsigned_integer}, unsigned_integer, 0, same},
    {"uint", function, {integer}, unsigned_integer, 0, uint_of_int},
    {"uint", function, {floating}, unsigned_integer, 0, uint_of_double},
    {"uint", function, {text}, unsigned_integer, 0, uint_of_text},
    {"double", function, {floating}, floating, 0, same},
    {"double", function, {integer}, floating, 0, double_of_int},
    {"double", function, {unsigned_integer}, floating, 0, double_of_uint},
    {"double", function, {text}, floating, 0, double_of_text},
    {"string", function, {text}, text, 0, same},
    {"string", function, {integer}, text, 1, text_of},
    {"string", function, {unsigned_integer}, text, 1, text_of},
    {"string", function, {floating}, text, 1, text_of},
    {"string", function, {boolean}, text, 1, text_of},
    {"string", function, {bytes}, text, 1, text_of},
    {"string", function, {timestamp}, text, 1, text_of},
    {"string", function, {duration}, text, 1, text_of},
    {"string", function, {ip}, text, 1, text_of},
    {"string", function, {cidr}, text, 1, text_of},
    {"bytes", function, {bytes}, bytes, 0, same},
    {"bytes", function, {text}, bytes, 0, bytes_of_text},
    {"bool", function, {boolean}, boolean, 0, same},
    {"bool", function, {text}, boolean, 0, bool_of_text},
    {"timestamp", function, {timestamp}, timestamp, 0, same},
    {"timestamp", function, {text}, timestamp, 1, time_of_text},
    {"timestamp", function, {integer}, timestamp, 0, time_of_int},
    {"duration", function, {duration}, duration, 0, same},
    {"duration", function, {text}, duration, 1, span_of_text},
};

}  // namespace

std::span<const Overload> conversion_overloads() { return table; }

}  // namespace aright::cel
