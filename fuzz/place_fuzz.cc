// Any text as a URL, an address, a network: what is read is written as what is read again. Any YAML as the servers that
// may be called and the places of secrets: what is taken without a mistake lists itself and nothing that nobody may
// call.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/secret_source.h"
#include "base/yaml.h"
#include "http/destination.h"
#include "http/reach.h"

namespace {

using namespace aright;
using namespace aright::http;

void demand(bool holds) {
  if (!holds) std::abort();
}

void urls(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return demand(!url.error().message.empty());
  demand(parse_url(url->text()) == *url);
  demand(url->target.starts_with('/') && url->port != 0 && !url->host.empty());
  for (const char c : url->text()) demand(c > ' ' && c <= '~');
  // A name that a resolver would take for an address would go round the list.
  demand(url->address.has_value() == parse_ip(url->host).has_value());
}

void addresses(std::string_view text) {
  if (const auto ip = parse_ip(text)) demand(parse_ip(ip->text()) == *ip);
  if (const auto network = parse_cidr(text)) {
    demand(parse_cidr(network->text()) == *network);
    demand(network->contains(network->ip) && network->masked().masked() == network->masked());
  }
}

bool listed(const Destination& d, const Ip& ip) {
  if (d.network && d.network->contains(ip)) return true;
  for (const Cidr& network : d.networks) {
    if (network.contains(ip)) return true;
  }
  return false;
}

void lists_itself(const Destinations& all, const Destination& d) {
  const std::string host = d.host.starts_with("*.") ? "a" + d.host.substr(1) : d.host;
  const auto url = parse_url("https://a");
  for (const std::uint16_t port : d.ports) {
    Url asked = *url;
    asked.port = port;
    asked.host = d.network ? d.network->ip.text() : host;
    if (d.network) asked.address = d.network->ip;
    demand(destination_of(all, asked).has_value());
    for (const char* text : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "93.184.216.34", "::1",
                             "fe80::1", "fd00::1", "2001:db8::1", "64:ff9b::7f00:1"}) {
      const std::array<Ip, 1> there{*parse_ip(text)};
      if (!check_addresses(d, asked, there)) continue;
      const Reach reach = seen(there.front()).reach;
      demand(reach != Reach::never && (reach != Reach::listed || listed(d, there.front())));
    }
  }
}

void lists(std::string_view text) {
  Diagnostics out;
  const auto node = yaml::parse(text, "fuzz", out);
  if (!node) return;
  Diagnostics of_servers;
  const Destinations all = parse_destinations(*node, of_servers);
  if (!has_errors(of_servers)) {
    for (const Destination& d : all) lists_itself(all, d);
  }
  Diagnostics of_secrets;
  const SecretSources secrets = parse_secrets(*node, of_secrets);
  if (has_errors(of_secrets)) return;
  for (const auto& [name, place] : secrets) {
    demand(!name.empty() && !place.text.empty() && !place.text.contains('\0') && !place.shown().empty());
    demand((place.kind == SecretSource::Kind::file) == place.text.starts_with('/') ||
           place.kind == SecretSource::Kind::credential);
    demand(place.kind != SecretSource::Kind::credential || !place.text.contains('/'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  urls(text);
  addresses(text);
  lists(text);
  return 0;
}
