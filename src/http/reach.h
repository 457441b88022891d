// What lies behind an address, as far as the address says.
#pragma once

#include <string_view>

#include "base/ip_address.h"

namespace aright::http {

enum class Reach : std::uint8_t {
  open,    ///< of the public Internet
  listed,  ///< this machine, or a private or otherwise special network: only where a destination lists it
  never    ///< link-local, a cloud's metadata, multicast, unassigned: nobody means it
};

struct Seen {
  Reach reach{Reach::open};
  std::string_view what;  ///< "loopback", "link-local (cloud metadata)", …
};

/// By IANA's special-purpose registries and the addresses at which clouds answer their machines. An IPv6 address that
/// carries an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is what the worse of the two is. Pure.
[[nodiscard]] Seen seen(const Ip& address);

}  // namespace aright::http
