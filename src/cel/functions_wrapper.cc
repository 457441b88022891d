// google.protobuf.Int32Value{value: 5} and its like: in the language they are the value they hold. No other message
// type is known.
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "cel/functions.h"

namespace aright::cel {

namespace {

Outcome<Value> same(Arguments a, Context& /*context*/) { return a[0]; }

Outcome<Value> small_int(Arguments a, Context& /*context*/) {
  if (std::in_range<std::int32_t>(a[0].as_int())) return a[0];
  return fault(fmt::format("{} is out of the range of 32 bits with a sign", a[0].as_int()));
}
Outcome<Value> small_uint(Arguments a, Context& /*context*/) {
  if (std::in_range<std::uint32_t>(a[0].as_uint())) return a[0];
  return fault(fmt::format("{} is out of the range of 32 bits", a[0].as_uint()));
}
Outcome<Value> single_precision(Arguments a, Context& /*context*/) {
  const double value = a[0].as_double();
  // Beyond the range the conversion would be undefined; it means infinity.
  constexpr double most = std::numeric_limits<float>::max();
  if (value > most || value < -most) {
    return Value::floating(value > 0 ? std::numeric_limits<double>::infinity()
                                     : -std::numeric_limits<double>::infinity());
  }
  return Value::floating(static_cast<double>(static_cast<float>(value)));
}

using enum Kind;
constexpr auto message = Style::message;
constexpr Overload table[] = {
    {"google.protobuf.BoolValue", message, {boolean}, boolean, 0, same},
    {"google.protobuf.BytesValue", message, {bytes}, bytes, 0, same},
    {"google.protobuf.DoubleValue", message, {floating}, floating, 0, same},
    {"google.protobuf.FloatValue", message, {floating}, floating, 0, single_precision},
    {"google.protobuf.Int32Value", message, {integer}, integer, 0, small_int},
    {"google.protobuf.Int64Value", message, {integer}, integer, 0, same},
    {"google.protobuf.StringValue", message, {text}, text, 0, same},
    {"google.protobuf.UInt32Value", message, {unsigned_integer}, unsigned_integer, 0, small_uint},
    {"google.protobuf.UInt64Value", message, {unsigned_integer}, unsigned_integer, 0, same},
};

}  // namespace

std::span<const Overload> wrapper_overloads() { return table; }

}  // namespace aright::cel
