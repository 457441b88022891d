// + - * / % and negation. Whole numbers that overflow are errors; doubles follow IEEE 754.
#include "cel/compare.h"
#include "cel/functions.h"

namespace aright::cel {

namespace {

std::unexpected<Fault> overflow() { return fault("the result is beyond 64 bits"); }
std::unexpected<Fault> out_of_range() { return fault("the result is out of the range of its type"); }

using Builtin = bool (*)(std::int64_t, std::int64_t, std::int64_t*);
using UnsignedBuiltin = bool (*)(std::uint64_t, std::uint64_t, std::uint64_t*);

template <Builtin overflows>
Outcome<Value> whole(Arguments a, Context& /*context*/) {
  std::int64_t out = 0;
  if (overflows(a[0].as_int(), a[1].as_int(), &out)) return overflow();
  return Value::integer(out);
}
template <UnsignedBuiltin overflows>
Outcome<Value> natural(Arguments a, Context& /*context*/) {
  std::uint64_t out = 0;
  if (overflows(a[0].as_uint(), a[1].as_uint(), &out)) return overflow();
  return Value::unsigned_integer(out);
}

template <class T>
bool plus(T a, T b, T* out) {
  return __builtin_add_overflow(a, b, out);
}
template <class T>
bool minus(T a, T b, T* out) {
  return __builtin_sub_overflow(a, b, out);
}
template <class T>
bool times(T a, T b, T* out) {
  return __builtin_mul_overflow(a, b, out);
}

Outcome<Value> divide_int(Arguments a, Context& /*context*/) {
  if (a[1].as_int() == 0) return fault("division by zero");
  if (a[0].as_int() == INT64_MIN && a[1].as_int() == -1) return overflow();
  return Value::integer(a[0].as_int() / a[1].as_int());
}
Outcome<Value> divide_uint(Arguments a, Context& /*context*/) {
  if (a[1].as_uint() == 0) return fault("division by zero");
  return Value::unsigned_integer(a[0].as_uint() / a[1].as_uint());
}
Outcome<Value> rest_int(Arguments a, Context& /*context*/) {
  if (a[1].as_int() == 0) return fault("remainder of a division by zero");
  if (a[1].as_int() == -1) return Value::integer(0);  // the machine would trap on the lowest number
  return Value::integer(a[0].as_int() % a[1].as_int());
}
Outcome<Value> rest_uint(Arguments a, Context& /*context*/) {
  if (a[1].as_uint() == 0) return fault("remainder of a division by zero");
  return Value::unsigned_integer(a[0].as_uint() % a[1].as_uint());
}
Outcome<Value> negate_int(Arguments a, Context& /*context*/) {
  if (a[0].as_int() == INT64_MIN) return overflow();
  return Value::integer(-a[0].as_int());
}

Outcome<Value> plus_double(Arguments a, Context& /*context*/) {
  return Value::floating(a[0].as_double() + a[1].as_double());
}
Outcome<Value> minus_double(Arguments a, Context& /*context*/) {
  return Value::floating(a[0].as_double() - a[1].as_double());
}
Outcome<Value> times_double(Arguments a, Context& /*context*/) {
  return Value::floating(a[0].as_double() * a[1].as_double());
}
#if defined(__clang__)
__attribute__((no_sanitize("float-divide-by-zero")))
#endif
Outcome<Value>
divide_double(Arguments a, Context& /*context*/) {
  return Value::floating(a[0].as_double() / a[1].as_double());
}
Outcome<Value> negate_double(Arguments a, Context& /*context*/) { return Value::floating(-a[0].as_double()); }

Outcome<Value> plus_text(Arguments a, Context& /*context*/) { return Value::text(a[0].as_text() + a[1].as_text()); }
Outcome<Value> plus_bytes(Arguments a, Context& /*context*/) { return Value::bytes(a[0].as_bytes() + a[1].as_bytes()); }
Outcome<Value> plus_list(Arguments a, Context& context) {
  if (!context.meter.spend(a[0].size() + a[1].size())) return context.meter.fault();
  Value::Items out = a[0].elements();
  for (std::size_t i = 0; i < a[1].size(); ++i) out.push_back(a[1].item(i));
  return Value::list(std::move(out));
}

Outcome<Value> moved(Instant time, Span span) {
  const auto out = add(time, span);
  return out ? Outcome<Value>(Value::timestamp(*out)) : out_of_range();
}
Outcome<Value> time_plus_span(Arguments a, Context& /*context*/) {
  return moved(a[0].as_timestamp(), a[1].as_duration());
}
Outcome<Value> span_plus_time(Arguments a, Context& /*context*/) {
  return moved(a[1].as_timestamp(), a[0].as_duration());
}
Outcome<Value> time_minus_span(Arguments a, Context& /*context*/) {
  // The lowest span has no negative twin; a half and the other half of it have.
  const Span half = a[1].as_duration() / 2;
  const auto middle = add(a[0].as_timestamp(), -half);
  return middle ? moved(*middle, -(a[1].as_duration() - half)) : out_of_range();
}
Outcome<Value> time_minus_time(Arguments a, Context& /*context*/) {
  const auto out = difference(a[0].as_timestamp(), a[1].as_timestamp());
  return out ? Outcome<Value>(Value::duration(*out)) : out_of_range();
}
template <Builtin overflows>
Outcome<Value> spans(Arguments a, Context& /*context*/) {
  std::int64_t out = 0;
  if (overflows(a[0].as_duration().count(), a[1].as_duration().count(), &out)) return out_of_range();
  return Value::duration(Span{out});
}

Outcome<Value> invert(Arguments a, Context& /*context*/) { return Value::boolean(!a[0].as_bool()); }

using enum Kind;
constexpr auto sign = Style::sign;
constexpr Overload table[] = {
    {"!_", sign, {boolean}, boolean, 0, invert},
    {"-_", sign, {integer}, integer, 0, negate_int},
    {"-_", sign, {floating}, floating, 0, negate_double},
    {"+", sign, {integer, integer}, integer, 0, whole<plus>},
    {"+", sign, {unsigned_integer, unsigned_integer}, unsigned_integer, 0, natural<plus>},
    {"+", sign, {floating, floating}, floating, 0, plus_double},
    {"+", sign, {text, text}, text, 0, plus_text},
    {"+", sign, {bytes, bytes}, bytes, 0, plus_bytes},
    {"+", sign, {list, list}, list, 0, plus_list},
    {"+", sign, {timestamp, duration}, timestamp, 0, time_plus_span},
    {"+", sign, {duration, timestamp}, timestamp, 0, span_plus_time},
    {"+", sign, {duration, duration}, duration, 0, spans<plus>},
    {"-", sign, {integer, integer}, integer, 0, whole<minus>},
    {"-", sign, {unsigned_integer, unsigned_integer}, unsigned_integer, 0, natural<minus>},
    {"-", sign, {floating, floating}, floating, 0, minus_double},
    {"-", sign, {timestamp, timestamp}, duration, 0, time_minus_time},
    {"-", sign, {timestamp, duration}, timestamp, 0, time_minus_span},
    {"-", sign, {duration, duration}, duration, 0, spans<minus>},
    {"*", sign, {integer, integer}, integer, 0, whole<times>},
    {"*", sign, {unsigned_integer, unsigned_integer}, unsigned_integer, 0, natural<times>},
    {"*", sign, {floating, floating}, floating, 0, times_double},
    {"/", sign, {integer, integer}, integer, 0, divide_int},
    {"/", sign, {unsigned_integer, unsigned_integer}, unsigned_integer, 0, divide_uint},
    {"/", sign, {floating, floating}, floating, 0, divide_double},
    {"%", sign, {integer, integer}, integer, 0, rest_int},
    {"%", sign, {unsigned_integer, unsigned_integer}, unsigned_integer, 0, rest_uint},
};

}  // namespace

std::span<const Overload> arithmetic_overloads() { return table; }

}  // namespace aright::cel
