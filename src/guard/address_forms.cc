#include "guard/address_forms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace aright::guard {

namespace {

constexpr std::uint64_t lone_number_min = 1U << 24U;
constexpr std::array<std::string_view, 4> loopback_names{"localhost", "ip6-localhost", "ip6-loopback",
                                                         "localhost.localdomain"};
/// Of packet filters, routers and access lists.
constexpr std::array<std::string_view, 5> words_for_all{"any", "all", "any4", "any6", "*"};
/// Also the name of much else (a namespace, a profile): only where it is the whole text, so that an author who means
/// something else can write what it is before it.
constexpr std::string_view word_for_the_route{"default"};
/// What an option or a variable with an address is called, as its last word. Of others ("--retries=0") a zero is a
/// number.
constexpr std::array<std::string_view, 24> words_for_address{
    "addr",    "address", "bind",  "cidr",   "daddr",    "dest",  "destination", "dst",
    "dstip",   "gateway", "gw",    "host",   "hostname", "ip",    "ipv4",        "listen",
    "nexthop", "remote",  "saddr", "source", "src",      "srcip", "target",      "url"};
constexpr std::uint64_t port_max = 65535;

std::optional<std::uint64_t> part_number(std::string_view part) {
  int base = 10;
  if (part.size() > 1 && part[0] == '0') {
    const bool hexadecimal = part[1] == 'x' || part[1] == 'X';
    base = hexadecimal ? 16 : 8;
    part.remove_prefix(hexadecimal ? 2 : 1);
  }
  std::uint64_t number = 0;
  const auto [stop, bad] = std::from_chars(part.data(), part.data() + part.size(), number, base);
  if (part.empty() || bad != std::errc{} || stop != part.data() + part.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Ip ip_of(std::uint64_t number) {
  Ip ip;
  ip.v4 = true;
  for (std::size_t i = 0; i < 4; ++i) ip.bytes.at(i) = static_cast<std::uint8_t>(number >> (8U * (3 - i)));
  return ip;
}

/// inet_aton(3): the last part has the bytes that are left.
std::optional<Cidr> loose_address(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = part_number(parts[i]);
    const bool last = i + 1 == parts.size();
    const unsigned bits = last ? static_cast<unsigned>(8 * (4 - i)) : 8;
    if (!part || *part >> bits != 0) return std::nullopt;
    number = (number << bits) | *part;
  }
  if (parts.size() == 1 && number < lone_number_min) return std::nullopt;
  return Cidr{ip_of(number), 32};
}

/// "10/8", "192.168/16": what is missing is 0.
std::optional<Cidr> short_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto parts = split(text.substr(0, slash), '.');
  const auto length = part_number(text.substr(slash + 1));
  if (parts.size() > 3 || !length || *length > 32) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto part = i < parts.size() ? part_number(parts[i]) : std::optional<std::uint64_t>(0);
    if (!part || *part > 255) return std::nullopt;
    number = (number << 8U) | *part;
  }
  return Cidr{ip_of(number), static_cast<std::uint8_t>(*length)}.masked();
}

AddressSet all_addresses(std::string_view shown) { return {AddressSet::Masked{Ip{}, {}}, std::string(shown)}; }

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return low;
}

/// "192.", "192.0.", "192.0.2.", and the same with "*" at the end: all that begin so.
std::optional<AddressSet> beginning(std::string_view text) {
  std::string_view bytes = text.substr(0, text.size() - (text.ends_with('*') ? 1 : 0));
  if (!bytes.ends_with('.')) return std::nullopt;
  bytes.remove_suffix(1);
  const auto parts = split(bytes, '.');
  if (parts.size() > 3) return std::nullopt;
  AddressSet::Octets octets;
  octets.ranges.fill({0, 255});
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = part_number(parts[i]);
    if (!part || *part > 255) return std::nullopt;
    octets.ranges.at(i) = {static_cast<std::uint8_t>(*part), static_cast<std::uint8_t>(*part)};
  }
  return AddressSet{octets, std::string(text)};
}

/// Two of them with "-" between. Where the first is plain, the second may be its last bytes, which `ranges_in` knows.
std::optional<AddressSet> loose_range(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  if (parse_ip(text.substr(0, dash))) return std::nullopt;
  const auto from = loose_address(text.substr(0, dash));
  const auto to = loose_address(text.substr(dash + 1));
  if (!from || !to) return std::nullopt;
  return AddressSet::span(from->ip, to->ip, std::string(text));
}

/// With a length or a mask behind a slash.
std::optional<AddressSet> loose_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = loose_address(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const auto length = part_number(text.substr(slash + 1));
  if (length && *length <= 32) return AddressSet::network(Cidr{ip->ip, static_cast<std::uint8_t>(*length)}.masked());
  const auto mask = loose_address(text.substr(slash + 1));
  if (!mask) return std::nullopt;
  return AddressSet{AddressSet::Masked{ip->ip, mask->ip.bytes}, std::string(text)};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

/// All but that one, "!192.0.2.7": but for a lone exception everything.
bool is_all_but(std::string_view text) {
  if (!text.starts_with('!')) return false;
  const std::string_view one = without_blanks(text.substr(1));
  const std::string_view host = one.substr(0, one.find_first_of("/-"));
  return parse_ip(host).has_value() || loose_address(host).has_value();
}

void add_forms_of(std::string_view candidate, std::vector<AddressSet>& into) {
  const bool word = std::ranges::find(words_for_all, lower(candidate)) != words_for_all.end();
  if (word || is_all_but(candidate)) into.push_back(all_addresses(candidate));
  if (candidate.find_first_of(" \t\n") != std::string_view::npos) return;  // a sentence
  if (const auto network = short_network(candidate)) into.push_back(AddressSet::network(*network));
  for (const auto& one : {beginning(candidate), loose_range(candidate), loose_network(candidate)}) {
    if (one) into.push_back(*one);
  }
  const std::string_view host = candidate.substr(0, candidate.find_first_of("/:?#"));
  if (host.empty()) return;
  if (const auto one = loose_address(host)) into.push_back(AddressSet::network(*one));
  if (is_loopback_name(host)) into.push_back(AddressSet::network({ip_of(0x7F000001U), 32}));
}

/// Of an option with its value behind its letter: "-d127.1", "-s!192.0.2.7", "-hlocalhost".
std::optional<std::string_view> value_of_option(std::string_view text) {
  const auto letter = text.find_first_not_of('-');
  if (letter == std::string_view::npos || letter == 0 || letter > 2 || !is_letter(text[letter])) return std::nullopt;
  const std::string_view value = text.substr(letter + 1);
  if (value.empty()) return std::nullopt;
  const bool begins = value[0] == '!' || (value[0] >= '0' && value[0] <= '9');
  return begins || is_loopback_name(value.substr(0, value.find_first_of("/:"))) ? std::optional(value) : std::nullopt;
}

/// "0", "0x0", also with a port or a path behind it: what inet_aton(3) takes for 0.0.0.0, which leads to this machine.
bool is_zero_host(std::string_view text) {
  return text.find_first_of(" \t\n") == std::string_view::npos &&
         part_number(text.substr(0, text.find_first_of("/:?#"))) == 0U;
}

/// Whether `text`, which ends before "=", ends in a word for an address: "--dst", "X_ADDRESS".
bool ends_in_word_for_address(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '4')) --begin;
  return std::ranges::find(words_for_address, lower(text.substr(begin))) != words_for_address.end();
}

bool is_zero_that_is_an_address(std::string_view text) {
  if (is_zero_with_port(text)) return true;
  for (const std::string_view mark : {"@", "://"}) {
    const auto at = text.rfind(mark);
    if (at != std::string_view::npos && is_zero_host(text.substr(at + mark.size()))) return true;
  }
  const auto equals = text.rfind('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view value = text.substr(equals + 1);
  return is_zero_with_port(value) || (is_zero_host(value) && ends_in_word_for_address(text.substr(0, equals)));
}

}  // namespace

bool is_zero_with_port(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, colon);
  const bool zero = host == "0" || ((host.starts_with("0x") || host.starts_with("0X")) && part_number(host) == 0U);
  const std::string_view rest = text.substr(colon + 1);
  const std::string_view port = rest.substr(0, rest.find('/'));
  if (!zero || port.starts_with('0')) return false;
  const auto number = part_number(port);
  return number && *number <= port_max;
}

bool is_word_for_all(std::string_view text) {
  const std::string low = lower(text);
  return low == word_for_the_route || std::ranges::find(words_for_all, low) != words_for_all.end();
}

bool is_loopback_name(std::string_view text) {
  const std::string low = lower(text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)));
  return std::ranges::find(loopback_names, low) != loopback_names.end() || low.ends_with(".localhost");
}

std::vector<AddressSet> other_forms_in(std::string_view text) {
  text = without_blanks(text);
  std::vector<AddressSet> found;
  if (is_word_for_all(text)) found.push_back(all_addresses(text));
  if (is_zero_that_is_an_address(text)) found.push_back(AddressSet::network({ip_of(0), 32}));
  add_forms_of(text, found);
  if (const auto value = value_of_option(text)) add_forms_of(*value, found);
  for (const std::string_view mark : {"=", "@", "://"}) {
    const auto at = text.rfind(mark);
    if (at != std::string_view::npos) add_forms_of(text.substr(at + mark.size()), found);
  }
  for (auto at = text.find_first_of("/:"); at != std::string_view::npos; at = text.find_first_of("/:", at + 1)) {
    // "source:0x7f000001". Of such words one number or four: "1.2.3" is a version.
    const std::string_view word = text.substr(at + 1, text.find_first_of("/:?#,; ", at + 1) - at - 1);
    const auto dots = std::ranges::count(word, '.');
    const auto one = dots == 0 || dots == 3 ? loose_address(word) : std::nullopt;
    if (one) found.push_back(AddressSet::network(*one));
  }
  const std::string_view list = text.substr(text.rfind('=') + 1);  // of the last one: npos + 1 is 0
  if (list.find_first_of(",;") == std::string_view::npos) return found;
  for (std::string_view rest = list;;) {
    const auto end = rest.find_first_of(",;");
    const std::string_view one = without_blanks(rest.substr(0, end));
    add_forms_of(value_of_option(one).value_or(one), found);
    if (end == std::string_view::npos) return found;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace aright::guard
