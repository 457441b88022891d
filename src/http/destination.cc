#include "http/destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/reach.h"

namespace aright::http {

namespace {

bool covers(const Destination& d, const Url& url) {
  if (std::ranges::find(d.ports, url.port) == d.ports.end()) return false;
  if (d.network) return url.address && d.network->contains(*url.address);
  if (url.address) return false;
  if (!d.host.starts_with("*.")) return d.host == url.host;
  const std::string_view below = std::string_view(d.host).substr(1);
  return url.host.size() > below.size() && url.host.ends_with(below);
}

bool lists(const Destination& d, const Ip& address) {
  return (d.network && d.network->contains(address)) ||
         std::ranges::any_of(d.networks, [&](const Cidr& network) { return network.contains(address); });
}

std::string never_text(const std::string& where, const Seen& what) {
  return fmt::format("{} is {}: no request goes there", where, what.what);
}

Result<Done> check_address(const Destination& d, const Url& url, const Ip& address) {
  const std::string where =
      url.address ? url.origin() : fmt::format("{}: its host is {}, which", url.origin(), address.text());
  const Seen what = seen(address);
  if (what.reach == Reach::never) {
    return fail(Errc::denied, never_text(where, what));
  }
  if (what.reach == Reach::listed && !lists(d, address)) {
    return fail(Errc::denied, fmt::format("{} is {}: its entry in `destinations` does not list it; if it is meant, add "
                                          "networks: [{}/{}]",
                                          where, what.what, address.text(), address.bits()));
  }
  if (!url.tls && !d.plain && !address.is_loopback()) {
    return fail(Errc::denied, fmt::format("{} is not this machine, and plain http can be read and changed on the way; "
                                          "use https, or say `plain: true` in `destinations`",
                                          where));
  }
  return Done{};
}

}  // namespace

std::string Destination::text() const {
  if (!network) return host;
  return network->length == network->ip.bits() ? network->ip.text() : network->text();
}

Result<const Destination*> destination_of(const Destinations& all, const Url& url) {
  if (url.address) {  // even where a network that is listed has it in it
    const Seen what = seen(*url.address);
    if (what.reach == Reach::never) return fail(Errc::denied, never_text(url.origin(), what));
  }
  const auto found = std::ranges::find_if(all, [&](const Destination& d) { return covers(d, url); });
  if (found != all.end()) return &*found;
  const std::string ports = url.port == 443 ? "" : fmt::format(", ports: [{}]", url.port);
  return fail(Errc::denied, fmt::format("{} is not among the destinations of this node; if it may be called, add "
                                        "`- {{ host: \"{}\"{} }}` to `destinations` in aright.yaml",
                                        url.origin(), url.host, ports));
}

Result<Done> check_addresses(const Destination& destination, const Url& url, std::span<const Ip> addresses) {
  if (addresses.empty()) return fail(Errc::not_found, url.origin() + ": its host has no address", Retry::yes);
  for (const Ip& address : addresses) {
    if (auto ok = check_address(destination, url, address); !ok) return ok;
  }
  return Done{};
}

}  // namespace aright::http
