// Where a request of ours goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/result.h"

namespace aright::http {

inline constexpr std::size_t url_bytes_max = 8192;

/// An http or https URL in the one form that no two readers read differently.
struct Url {
  bool tls{true};
  std::string host;           ///< lower case; of an IPv6 address without its brackets
  std::optional<Ip> address;  ///< where the host is one
  std::uint16_t port{443};
  std::string target{"/"};  ///< path and query, as written

  [[nodiscard]] std::string host_text() const;  ///< as it stands in a URL: IPv6 in brackets
  [[nodiscard]] std::string origin() const;     ///< "https://api.example.org:8443", the port only where it is not usual
  [[nodiscard]] std::string text() const { return origin() + target; }
  bool operator==(const Url&) const = default;
};

/// RFC 3986, narrowed: scheme http or https; no user, no fragment; a host of a-z, 0-9, - and _ in labels of at most 63,
/// or an address in its usual form (no 127.1, 0x7f.1, 2130706433, no zone); a path without segments `.` and `..`,
/// also not as %2e; visible ASCII only, % followed by two hex digits. Pure. Errc::invalid names what is wrong.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace aright::http
