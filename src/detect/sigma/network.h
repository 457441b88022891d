// Addresses and networks as values, for `cidr`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace aright::detect::sigma {

/// An IPv4 or IPv6 address. An IPv4 address written inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
class Address {
 public:
  /// nullopt: not an address (names, ports and zones are none).
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

 private:
  friend class Network;
  bool v4_{false};
  std::array<std::uint8_t, 16> bytes_{};  ///< IPv4: the first four
};

/// `ADDRESS/BITS`. Immutable.
class Network {
 public:
  /// Errc::invalid says why: no address, no or too many bits, bits set behind the network's own.
  [[nodiscard]] static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  Address base_;
  unsigned bits_{0};
};

}  // namespace aright::detect::sigma
