// < <= > >=: values of one kind, and any two numbers.
#include "cel/compare.h"
#include "cel/functions.h"

namespace aright::cel {

namespace {

Outcome<Value> less(Arguments a, Context& /*context*/) { return Value::boolean(order(a[0], a[1]) < 0); }
Outcome<Value> less_or_equal(Arguments a, Context& /*context*/) { return Value::boolean(order(a[0], a[1]) <= 0); }
Outcome<Value> greater(Arguments a, Context& /*context*/) { return Value::boolean(order(a[0], a[1]) > 0); }
Outcome<Value> greater_or_equal(Arguments a, Context& /*context*/) { return Value::boolean(order(a[0], a[1]) >= 0); }

std::vector<Overload> make_table() {
  using enum Kind;
  std::vector<Overload> out;
  const auto both = [&](Kind a, Kind b) {
    out.push_back({"<", Style::sign, {a, b}, boolean, 0, less});
    out.push_back({"<=", Style::sign, {a, b}, boolean, 0, less_or_equal});
    out.push_back({">", Style::sign, {a, b}, boolean, 0, greater});
    out.push_back({">=", Style::sign, {a, b}, boolean, 0, greater_or_equal});
  };
  for (const Kind kind : {integer, unsigned_integer, floating, text, boolean, bytes, timestamp, duration}) {
    both(kind, kind);
  }
  for (const Kind a : {integer, unsigned_integer, floating}) {
    for (const Kind b : {integer, unsigned_integer, floating}) {
      if (a != b) both(a, b);
    }
  }
  return out;
}

}  // namespace

std::span<const Overload> order_overloads() {
  static const std::vector<Overload> table = make_table();
  return table;
}

}  // namespace aright::cel
