#include "detect/sigma/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace aright::detect::sigma {

namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr std::size_t text_max = 64;  ///< longer than any address; keeps the copies small

/// The bytes with everything behind the first `bits` bits zero.
Bytes masked(Bytes bytes, unsigned bits) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(bits, 8 * i, 8 * i + 8) - 8 * i;
    bytes.at(i) = static_cast<std::uint8_t>(bytes.at(i) & (0xFF00U >> kept));
  }
  return bytes;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.empty() || text.size() > text_max || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) {
    address.v4_ = true;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) != 1) return std::nullopt;
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), address.bytes_.begin())) {
    std::copy_n(address.bytes_.begin() + 12, 4, address.bytes_.begin());
    std::fill(address.bytes_.begin() + 4, address.bytes_.end(), std::uint8_t{0});
    address.v4_ = true;
  }
  return address;
}

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return fail(Errc::invalid, fmt::format("`{}` has no /BITS", text));
  const std::string_view digits = text.substr(slash + 1);
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return fail(Errc::invalid, fmt::format("`{}` does not begin with an address", text));
  Network network;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), network.bits_);
  const unsigned bits_max = address->v4_ ? 32 : 128;
  if (bad != std::errc{} || end != digits.data() + digits.size() || network.bits_ > bits_max) {
    return fail(Errc::invalid, fmt::format("`{}` needs 0 to {} bits behind the slash", text, bits_max));
  }
  network.base_ = *address;
  network.base_.bytes_ = masked(address->bytes_, network.bits_);
  if (network.base_.bytes_ == address->bytes_) return network;
  return fail(Errc::invalid, fmt::format("`{}` has bits set behind the first {}", text, network.bits_));
}

bool Network::contains(const Address& address) const {
  return address.v4_ == base_.v4_ && masked(address.bytes_, bits_) == base_.bytes_;
}

}  // namespace aright::detect::sigma
