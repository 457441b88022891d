// Which servers this node may call. Nothing that is not listed is ever called.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "http/url.h"

namespace aright::http {

struct Destination {
  /// A name in lower case, or "*.example.org" for every name below example.org; empty: `network` says it.
  std::string host;
  std::optional<Cidr> network;            ///< URLs with an address in it; a single address is a network of its own
  std::vector<std::uint16_t> ports{443};  ///< or 80 with `plain`
  std::vector<Cidr> networks;             ///< special networks (private, loopback, …) in which the name may lie
  bool plain{false};                      ///< http, unencrypted; towards loopback it needs no word
  std::string ca_file;                    ///< PEM: its authorities instead of the system's; absolute path, bytes

  [[nodiscard]] std::string text() const;  ///< as it was written: "api.example.org", "10.0.0.0/8"
  bool operator==(const Destination&) const = default;
};
using Destinations = std::vector<Destination>;

/// The first that lists host and port. Errc::denied: its address is one that nobody may call, or none does; then the
/// message says what to write behind "; ". Pure; points into `all`.
[[nodiscard]] Result<const Destination*> destination_of(const Destinations& all, const Url& url);

/// Whether a request for `url` may go to what its host stands for: all `addresses`, since one that is not meant shows
/// that the name is not to be trusted. Pure. Errc::denied names the address and why: of a kind that nobody may call,
/// special and not listed, or plain http that would leave the machine. Errc::not_found: there are none.
[[nodiscard]] Result<Done> check_addresses(const Destination& destination, const Url& url,
                                           std::span<const Ip> addresses);

/// The list `destinations:`. Reports every mistake where it stands; what is returned is then not to be used. Pure.
[[nodiscard]] Destinations parse_destinations(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::http
