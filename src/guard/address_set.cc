#include "guard/address_set.h"

#include <algorithm>

namespace aright::guard {

namespace {

using Bytes = AddressSet::Bytes;

Bytes mask_of(unsigned length) {
  Bytes mask{};
  for (unsigned i = 0; i < mask.size(); ++i) {
    const unsigned bits = std::clamp<unsigned>(length, 8 * i, 8 * i + 8) - 8 * i;
    mask.at(i) = static_cast<std::uint8_t>(0xff00U >> bits);
  }
  return mask;
}

std::size_t bytes_in(bool v4) { return v4 ? 4 : 16; }

Bytes lowest(const Cidr& known) { return known.masked().ip.bytes; }

Bytes highest(const Cidr& known) {
  Bytes high = lowest(known);
  const Bytes mask = mask_of(known.length);
  for (std::size_t i = 0; i < bytes_in(known.ip.v4); ++i) high.at(i) |= static_cast<std::uint8_t>(~mask.at(i));
  return high;
}

/// Where IPv6 addresses hold one of IPv4: behind these bytes.
struct Carrier {
  Bytes prefix;
  std::uint8_t length;  ///< in bytes
};
constexpr std::array<Carrier, 6> carriers{{
    {{}, 12},                                             // compatible, RFC 4291
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12},     // mapped, RFC 4291
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 12},     // translated, RFC 7915
    {{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 12},  // NAT64, RFC 6052
    {{0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, 0, 0, 0}, 12},  // NAT64 of a site, RFC 8215
    {{0x20, 0x02}, 2},                                    // 6to4, RFC 3056
}};

Cidr carried(const Carrier& by, const Cidr& known) {
  Cidr out;
  out.ip.v4 = false;
  out.ip.bytes = by.prefix;
  for (std::size_t i = 0; i < 4; ++i) out.ip.bytes.at(by.length + i) = known.ip.bytes.at(i);
  out.length = static_cast<std::uint8_t>(8 * by.length + known.length);
  return out;
}

bool meet(const AddressSet::Masked& set, const Cidr& known) {
  const Bytes mask = mask_of(known.length);
  for (std::size_t i = 0; i < bytes_in(known.ip.v4); ++i) {
    const unsigned differ = set.ip.bytes.at(i) ^ unsigned { known.ip.bytes.at(i) };
    if ((differ & set.mask.at(i) & mask.at(i)) != 0) return false;
  }
  return true;
}

bool meet(const AddressSet::Span& set, const Cidr& known) {
  return set.low.bytes <= highest(known) && lowest(known) <= set.high.bytes;
}

bool meet(const AddressSet::Octets& set, const Cidr& known) {
  const Bytes low = lowest(known);
  const Bytes high = highest(known);
  for (std::size_t i = 0; i < set.ranges.size(); ++i) {
    if (set.ranges.at(i).first > high.at(i) || low.at(i) > set.ranges.at(i).second) return false;
  }
  return true;
}

}  // namespace

AddressSet AddressSet::network(const Cidr& cidr) {
  const bool alone = cidr.length == cidr.ip.bits();
  return {Masked{cidr.ip, mask_of(cidr.length)}, alone ? cidr.ip.text() : cidr.masked().text()};
}

AddressSet AddressSet::span(const Ip& one, const Ip& other, std::string text) {
  const bool ordered = one.bytes <= other.bytes;
  return {Span{ordered ? one : other, ordered ? other : one}, std::move(text)};
}

bool AddressSet::is_v4() const {
  if (const auto* masked = std::get_if<Masked>(&of)) return masked->ip.v4;
  const auto* span = std::get_if<Span>(&of);
  return span == nullptr || span->low.v4;
}

bool AddressSet::is_single() const {
  const auto* masked = std::get_if<Masked>(&of);
  return masked != nullptr && masked->mask == mask_of(masked->ip.bits());
}

bool AddressSet::has_some_of(const Cidr& known) const {
  return is_v4() == known.ip.v4 && std::visit([&](const auto& set) { return meet(set, known); }, of);
}

bool AddressSet::touches(const Cidr& known) const {
  if (has_some_of(known)) return true;
  if (!known.ip.v4 || is_v4()) return false;
  return std::ranges::any_of(carriers, [&](const Carrier& by) { return has_some_of(carried(by, known)); });
}

}  // namespace aright::guard
