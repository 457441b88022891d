#include "cel/compare.h"

#include <cstdlib>
#include <utility>

namespace aright::cel {

namespace {

std::partial_ordering order_whole(const Value& a, const Value& b) {
  if (a.is(Kind::integer) && b.is(Kind::integer)) return a.as_int() <=> b.as_int();
  if (a.is(Kind::unsigned_integer) && b.is(Kind::unsigned_integer)) return a.as_uint() <=> b.as_uint();
  if (a.is(Kind::integer)) {
    if (std::cmp_equal(a.as_int(), b.as_uint())) return std::partial_ordering::equivalent;
    return std::cmp_less(a.as_int(), b.as_uint()) ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  return 0 <=> order_whole(b, a);
}

/// Numbers of which one is a double compare as doubles: 2^63 - 1 equals 2^63, as the language has it.
double as_double(const Value& value) {
  if (value.is(Kind::integer)) return static_cast<double>(value.as_int());
  if (value.is(Kind::unsigned_integer)) return static_cast<double>(value.as_uint());
  return value.as_double();
}

class Equality {
 public:
  explicit Equality(Meter& meter) : meter_(meter) {}

  Outcome<bool> equal(const Value& a, const Value& b, std::size_t depth) {
    if (!meter_.spend(1)) return meter_.fault();
    if (depth > result_depth_max) return fault("values nested too deep to be compared", Errc::denied);
    for (const Value* one : {&a, &b}) {
      if (one->why_none() != nullptr) return fault(*one->why_none());
    }
    const Kind kind = a.kind();
    if (is_number(kind) && is_number(b.kind())) return order(a, b) == 0;
    if (kind != b.kind()) return false;
    switch (kind) {
      case Kind::null: return true;
      case Kind::list: return lists(a, b, depth);
      case Kind::map: return maps(a, b, depth);
      case Kind::type: return a.as_type() == b.as_type();
      case Kind::ip: return a.as_ip() == b.as_ip();
      case Kind::cidr: return a.as_cidr() == b.as_cidr();
      case Kind::text: return texts(a.as_text(), b.as_text());
      case Kind::bytes: return texts(a.as_bytes(), b.as_bytes());
      case Kind::boolean:
      case Kind::timestamp:
      case Kind::duration: return order(a, b) == 0;
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::floating:
      case Kind::dyn: break;
    }
    std::abort();
  }

 private:
  Outcome<bool> texts(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) return false;
    if (!meter_.spend_text(a.size())) return meter_.fault();
    return a == b;
  }
  Outcome<bool> lists(const Value& a, const Value& b, std::size_t depth) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      auto same = equal(a.item(i), b.item(i), depth + 1);
      if (!same || !*same) return same;
    }
    return true;
  }
  Outcome<bool> maps(const Value& a, const Value& b, std::size_t depth) {
    if (a.size() != b.size()) return false;
    if (!meter_.spend(a.size())) return meter_.fault();
    for (const Value& key : a.keys()) {
      const auto other = b.find(key);
      if (!other) return false;
      auto same = equal(*a.find(key), *other, depth + 1);
      if (!same || !*same) return same;
    }
    return true;
  }
  Meter& meter_;
};

}  // namespace

Outcome<bool> equal(const Value& a, const Value& b, Meter& meter) { return Equality(meter).equal(a, b, 0); }

std::partial_ordering order(const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::boolean: return static_cast<int>(a.as_bool()) <=> static_cast<int>(b.as_bool());
    case Kind::text: return a.as_text() <=> b.as_text();
    case Kind::bytes: return a.as_bytes() <=> b.as_bytes();
    case Kind::timestamp: return a.as_timestamp() <=> b.as_timestamp();
    case Kind::duration: return a.as_duration() <=> b.as_duration();
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::floating:
      if (a.is(Kind::floating) || b.is(Kind::floating)) return as_double(a) <=> as_double(b);
      return order_whole(a, b);
    case Kind::null:
    case Kind::list:
    case Kind::map:
    case Kind::type:
    case Kind::ip:
    case Kind::cidr:
    case Kind::dyn: break;
  }
  std::abort();
}

}  // namespace aright::cel
