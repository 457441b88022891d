// IP addresses and networks as values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright {

/// An IPv4 or IPv6 address. An IPv4 one lies in the first four bytes, the others are zero. No zones.
struct Ip {
  std::array<std::uint8_t, 16> bytes{};
  bool v4{true};
  bool operator==(const Ip&) const = default;

  [[nodiscard]] unsigned bits() const { return v4 ? 32 : 128; }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_link_local_unicast() const;
  [[nodiscard]] bool is_link_local_multicast() const;
  /// Neither unspecified, loopback, link-local, multicast nor IPv4 broadcast; private addresses are in.
  [[nodiscard]] bool is_global_unicast() const;
  /// Canonical: RFC 5952.
  [[nodiscard]] std::string text() const;
};

/// An address and the length of its prefix; the bits behind the prefix are kept.
struct Cidr {
  Ip ip;
  std::uint8_t length{0};
  bool operator==(const Cidr&) const = default;

  [[nodiscard]] Cidr masked() const;  ///< the bits behind the prefix are zero
  [[nodiscard]] bool contains(const Ip& other) const;
  [[nodiscard]] bool contains(const Cidr& other) const;
  [[nodiscard]] std::string text() const;
};

/// Errc::invalid with the reason: not an address, a zone, an IPv4-mapped address written with dots. One written as
/// ::ffff:c0a8:1 is the IPv4 address it stands for.
[[nodiscard]] Result<Ip> parse_ip(std::string_view text);
/// ADDRESS/LENGTH, the length in plain decimal. Errc::invalid.
[[nodiscard]] Result<Cidr> parse_cidr(std::string_view text);

}  // namespace aright
