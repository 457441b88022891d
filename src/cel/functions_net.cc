// ip() and cidr() with what Kubernetes lets one ask of them.
#include "cel/functions.h"

namespace aright::cel {

namespace {

Outcome<Value> to_ip(Arguments a, Context& /*context*/) {
  const auto ip = parse_ip(a[0].as_text());
  return ip ? Outcome<Value>(Value::ip(*ip)) : fault(ip.error().message);
}
Outcome<Value> to_cidr(Arguments a, Context& /*context*/) {
  const auto cidr = parse_cidr(a[0].as_text());
  return cidr ? Outcome<Value>(Value::cidr(*cidr)) : fault(cidr.error().message);
}
Outcome<Value> is_ip(Arguments a, Context& /*context*/) { return Value::boolean(parse_ip(a[0].as_text()).has_value()); }
Outcome<Value> is_cidr(Arguments a, Context& /*context*/) {
  return Value::boolean(parse_cidr(a[0].as_text()).has_value());
}
Outcome<Value> is_canonical(Arguments a, Context& /*context*/) {
  const auto ip = parse_ip(a[0].as_text());
  return ip ? Outcome<Value>(Value::boolean(ip->text() == a[0].as_text())) : fault(ip.error().message);
}
Outcome<Value> family(Arguments a, Context& /*context*/) { return Value::integer(a[0].as_ip().v4 ? 4 : 6); }

template <bool (Ip::*question)() const>
Outcome<Value> ask(Arguments a, Context& /*context*/) {
  return Value::boolean((a[0].as_ip().*question)());
}

Outcome<Value> contains_ip(Arguments a, Context& /*context*/) {
  return Value::boolean(a[0].as_cidr().contains(a[1].as_ip()));
}
Outcome<Value> contains_ip_text(Arguments a, Context& /*context*/) {
  const auto ip = parse_ip(a[1].as_text());
  return ip ? Outcome<Value>(Value::boolean(a[0].as_cidr().contains(*ip))) : fault(ip.error().message);
}
Outcome<Value> contains_cidr(Arguments a, Context& /*context*/) {
  return Value::boolean(a[0].as_cidr().contains(a[1].as_cidr()));
}
Outcome<Value> contains_cidr_text(Arguments a, Context& /*context*/) {
  const auto cidr = parse_cidr(a[1].as_text());
  return cidr ? Outcome<Value>(Value::boolean(a[0].as_cidr().contains(*cidr))) : fault(cidr.error().message);
}
Outcome<Value> ip_of(Arguments a, Context& /*context*/) { return Value::ip(a[0].as_cidr().ip); }
Outcome<Value> masked(Arguments a, Context& /*context*/) { return Value::cidr(a[0].as_cidr().masked()); }
Outcome<Value> prefix_length(Arguments a, Context& /*context*/) { return Value::integer(a[0].as_cidr().length); }

using enum Kind;
constexpr auto function = Style::function;
constexpr auto method = Style::method;
constexpr Overload table[] = {
    {"ip", function, {text}, ip, 1, to_ip},
    {"cidr", function, {text}, cidr, 1, to_cidr},
    {"isIP", function, {text}, boolean, 1, is_ip},
    {"isCIDR", function, {text}, boolean, 1, is_cidr},
    {"ip.isCanonical", function, {text}, boolean, 2, is_canonical},
    {"family", method, {ip}, integer, 0, family},
    {"isLoopback", method, {ip}, boolean, 0, ask<&Ip::is_loopback>},
    {"isUnspecified", method, {ip}, boolean, 0, ask<&Ip::is_unspecified>},
    {"isGlobalUnicast", method, {ip}, boolean, 0, ask<&Ip::is_global_unicast>},
    {"isLinkLocalUnicast", method, {ip}, boolean, 0, ask<&Ip::is_link_local_unicast>},
    {"isLinkLocalMulticast", method, {ip}, boolean, 0, ask<&Ip::is_link_local_multicast>},
    {"containsIP", method, {cidr, ip}, boolean, 0, contains_ip},
    {"containsIP", method, {cidr, text}, boolean, 1, contains_ip_text},
    {"containsCIDR", method, {cidr, cidr}, boolean, 0, contains_cidr},
    {"containsCIDR", method, {cidr, text}, boolean, 1, contains_cidr_text},
    {"ip", method, {cidr}, ip, 0, ip_of},
    {"masked", method, {cidr}, cidr, 0, masked},
    {"prefixLength", method, {cidr}, integer, 0, prefix_length},
};

}  // namespace

std::span<const Overload> net_overloads() { return table; }

}  // namespace aright::cel
