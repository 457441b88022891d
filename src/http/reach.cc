#include "http/reach.h"

#include <algorithm>
#include <array>
#include <optional>

namespace aright::http {

namespace {

struct Network {
  std::array<std::uint8_t, 16> begin;
  std::uint8_t length;
  Reach reach;
  std::string_view what;
};

/// The first that contains an address counts.
constexpr std::array<Network, 22> four{{
    {{169, 254}, 16, Reach::never, "link-local, where clouds tell a machine its keys"},
    {{168, 63, 129, 16}, 32, Reach::never, "a cloud's address for its machines"},
    {{100, 100, 100, 200}, 32, Reach::never, "a cloud's address for its machines"},
    {{192, 0, 0, 192}, 32, Reach::never, "a cloud's address for its machines"},
    {{0}, 8, Reach::never, "no address of a machine"},
    {{224}, 4, Reach::never, "multicast"},
    {{240}, 4, Reach::never, "unassigned or broadcast"},
    {{127}, 8, Reach::listed, "loopback"},
    {{10}, 8, Reach::listed, "private"},
    {{172, 16}, 12, Reach::listed, "private"},
    {{192, 168}, 16, Reach::listed, "private"},
    {{100, 64}, 10, Reach::listed, "shared between carriers and customers"},
    {{192, 0, 0}, 24, Reach::listed, "reserved for protocols"},
    {{192, 0, 2}, 24, Reach::listed, "for documentation"},
    {{198, 51, 100}, 24, Reach::listed, "for documentation"},
    {{203, 0, 113}, 24, Reach::listed, "for documentation"},
    {{198, 18}, 15, Reach::listed, "for measurements"},
    {{192, 88, 99}, 24, Reach::listed, "a relay of 6to4"},
    {{192, 31, 196}, 24, Reach::listed, "a sink"},
    {{192, 52, 193}, 24, Reach::listed, "a relay"},
    {{192, 175, 48}, 24, Reach::listed, "a sink"},
    {{0}, 0, Reach::open, "public"},
}};

constexpr std::array<Network, 15> six{{
    {{0xfe, 0x80}, 10, Reach::never, "link-local"},
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, Reach::never, "where clouds tell a machine its keys"},
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     Reach::never,
     "where clouds tell a machine its keys"},
    {{0xff}, 8, Reach::never, "multicast"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, Reach::listed, "loopback"},
    {{0xfc}, 7, Reach::listed, "private"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, Reach::listed, "for documentation"},
    {{0x3f, 0xff}, 20, Reach::listed, "for documentation"},
    {{0x20, 0x01, 0, 0}, 32, Reach::open, "Teredo"},
    {{0x20, 0x01}, 23, Reach::listed, "reserved for protocols"},
    {{0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 96, Reach::open, "NAT64"},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, Reach::listed, "NAT64 within a network"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, Reach::open, "IPv4 within IPv6"},
    {{0x20}, 3, Reach::open, "public"},
    {{0}, 0, Reach::never, "unassigned"},
}};

Ip four_at(const Ip& ip, std::size_t at, std::uint8_t flip) {
  Ip inner;
  for (std::size_t i = 0; i < 4; ++i) inner.bytes.at(i) = static_cast<std::uint8_t>(ip.bytes.at(at + i) ^ flip);
  return inner;
}

bool begins(const Ip& ip, std::initializer_list<std::uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), ip.bytes.begin());
}

/// The IPv4 address that an IPv6 one leads to.
std::optional<Ip> inner(const Ip& ip) {
  if (begins(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return four_at(ip, 12, 0);
  if (begins(ip, {0x00, 0x64, 0xff, 0x9b})) return four_at(ip, 12, 0);
  if (begins(ip, {0x20, 0x02})) return four_at(ip, 2, 0);
  if (begins(ip, {0x20, 0x01, 0, 0})) return four_at(ip, 12, 0xff);
  const bool isatap = (ip.bytes[8] & 0xfdU) == 0 && ip.bytes[9] == 0 && ip.bytes[10] == 0x5e && ip.bytes[11] == 0xfe;
  if (isatap) return four_at(ip, 12, 0);
  return std::nullopt;
}

template <std::size_t N>
Seen in(const std::array<Network, N>& networks, const Ip& ip) {
  const auto found =
      std::ranges::find_if(networks, [&](const Network& n) { return Cidr{{n.begin, ip.v4}, n.length}.contains(ip); });
  return {found->reach, found->what};
}

}  // namespace

Seen seen(const Ip& address) {
  if (address.v4) return in(four, address);
  const Seen outer = in(six, address);
  const auto carried = inner(address);
  if (!carried) return outer;
  const Seen within = in(four, *carried);
  return within.reach > outer.reach ? within : outer;
}

}  // namespace aright::http
