// A set of addresses, in one of the ways in which a text can name one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "base/ip_address.h"

namespace aright::guard {

struct AddressSet {
  using Bytes = std::array<std::uint8_t, 16>;
  /// Those that are equal to `ip` in the bits of `mask`, which need not be the first ones. An address has all bits.
  struct Masked {
    Ip ip;
    Bytes mask{};
  };
  struct Span {
    Ip low;
    Ip high;  ///< of the same family
  };
  /// IPv4: each byte from one number to another, "10-12.0.*.1".
  struct Octets {
    std::array<std::pair<std::uint8_t, std::uint8_t>, 4> ranges;
  };
  std::variant<Masked, Span, Octets> of;
  std::string text;  ///< as it is shown

  [[nodiscard]] static AddressSet network(const Cidr& cidr);
  /// From one to the other, whichever is the lower.
  [[nodiscard]] static AddressSet span(const Ip& one, const Ip& other, std::string text);

  [[nodiscard]] bool is_single() const;
  [[nodiscard]] bool is_v4() const;
  /// The set has an address of `known` in it, also as IPv6 carries those of IPv4 (mapped, compatible, NAT64, 6to4).
  [[nodiscard]] bool touches(const Cidr& known) const;

 private:
  [[nodiscard]] bool has_some_of(const Cidr& known) const;
};

}  // namespace aright::guard
