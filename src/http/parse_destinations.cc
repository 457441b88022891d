// `destinations:` as it stands in aright.yaml.
#include <fmt/format.h>

#include <algorithm>

#include "base/path_text.h"
#include "base/yaml_texts.h"
#include "http/destination.h"
#include "http/reach.h"

namespace aright::http {

namespace {

constexpr std::size_t destinations_max = 1000;
constexpr std::size_t networks_max = 100;
constexpr std::string_view example = "such as api.example.org, *.example.org, 192.0.2.7 or 10.20.0.0/16";

class DestinationParser {
 public:
  explicit DestinationParser(Diagnostics& out) : out_(out) {}

  Destination parse(const yaml::Node& node) {
    yaml::Fields in(node, "destination", out_);
    Destination made;
    made.plain = in.boolean("plain").value_or(false);
    if (const auto host = in.required_text("host")) take_host(*host, *in.node("host"), made);
    if (made.plain) made.ports = {80};
    if (const yaml::Node* ports = in.node("ports")) take_ports(*ports, made);
    if (const yaml::Node* networks = in.node("networks")) take_networks(*networks, in, made);
    if (const auto file = in.text("ca")) take_ca(*file, *in.node("ca"), made);
    in.finish();
    return made;
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void take_host(const std::string& text, const yaml::Node& node, Destination& into) {
    if (text.contains('/') && !text.contains("//")) {
      if (auto network = take_network(text, node.at)) into.network = network;
      return;
    }
    if (const auto ip = parse_ip(text)) {
      into.network = Cidr{*ip, static_cast<std::uint8_t>(ip->bits())};
      return check_network(*into.network, node.at);
    }
    const bool below = text.starts_with("*.");
    const auto url = parse_url("https://" + text.substr(below ? 2 : 0));
    if (!url || url->address || url->port != 443 || url->target != "/" || (below && !url->host.contains('.'))) {
      return error(node.at, fmt::format("`{}` is no host", text), std::string(example));
    }
    into.host = (below ? "*." : "") + url->host;
  }

  std::optional<Cidr> take_network(const std::string& text, const Position& at) {
    const auto network = parse_cidr(text);
    if (!network || network->masked() != *network) {
      error(at,
            network ? fmt::format("\"{}\" has bits set behind the first {}", text, network->length)
                    : network.error().message,
            "such as 10.20.0.0/16 or fd12:3456::/32");
      return std::nullopt;
    }
    check_network(*network, at);
    return *network;
  }

  void check_network(const Cidr& network, const Position& at) {
    const Seen what = seen(network.ip);
    const bool in_part = network.length < (network.ip.v4 ? 8 : 16);
    if (in_part) {
      return error(at, fmt::format("{} is too wide to be meant", network.text()), "list the networks one by one");
    }
    if (what.reach == Reach::never) {
      error(at, fmt::format("{} is {}: no request goes there", network.text(), what.what), "leave it out");
    }
  }

  void take_ports(const yaml::Node& node, Destination& into) {
    const std::string hint = "such as ports: [443, 8443]";
    if (node.kind != yaml::Node::Kind::list || node.items.empty()) {
      return error(node.at, fmt::format("`ports` must be a list of ports, not {}", node.describe()), hint);
    }
    into.ports.clear();
    for (const yaml::Node& item : node.items) {
      const auto url = parse_url("https://a:" + (item.quoted ? std::string() : item.scalar));
      if (!url || url->target != "/") {
        error(item.at, fmt::format("a port is a whole number from 1 to 65535, not {}", item.describe()), hint);
      }
      into.ports.push_back(url ? url->port : 0);
    }
  }

  void take_networks(const yaml::Node& node, yaml::Fields& in, Destination& into) {
    const auto items = yaml::text_items(in, "networks");
    if (items.size() > networks_max) error(node.at, fmt::format("more than {} networks", networks_max));
    if (into.network) {
      error(node.at, "`networks` says where a name may lie; this host is an address already", "leave it out");
    }
    for (const yaml::Node* item : items) {
      if (auto network = take_network(item->scalar, item->at)) into.networks.push_back(*network);
    }
  }

  void take_ca(const std::string& text, const yaml::Node& node, Destination& into) {
    const auto bytes = path_bytes(text);
    if (!bytes || !bytes->starts_with('/') || bytes->ends_with('/')) {
      return error(node.at,
                   bytes ? fmt::format("`{}` is not the absolute path of a file", text) : bytes.error().message,
                   "a PEM file with the authorities that sign this host's certificate");
    }
    if (into.plain) error(node.at, "`ca` has no meaning with `plain: true`", "leave one of them out");
    into.ca_file = *bytes;
  }

  Diagnostics& out_;
};

}  // namespace

Destinations parse_destinations(const yaml::Node& node, Diagnostics& out) {
  Destinations all;
  if (node.kind != yaml::Node::Kind::list) {
    out.push_back({Severity::error, node.at, fmt::format("`destinations` must be a list, not {}", node.describe()),
                   "- host: api.example.org"});
    return all;
  }
  if (node.items.size() > destinations_max) {
    out.push_back({Severity::error, node.at, fmt::format("more than {} destinations", destinations_max), {}});
    return all;
  }
  DestinationParser parser(out);
  all.reserve(node.items.size());
  for (const yaml::Node& item : node.items) all.push_back(parser.parse(item));
  return all;
}

}  // namespace aright::http
