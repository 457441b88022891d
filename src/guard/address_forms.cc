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

std::optional<Cidr> loopback_by_name(std::string_view text) {
  return is_loopback_name(text) ? std::optional(Cidr{ip_of(0x7F000001U), 32}) : std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

}  // namespace

bool is_loopback_name(std::string_view text) {
  std::string low(text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)));
  std::ranges::transform(low, low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::ranges::find(loopback_names, low) != loopback_names.end() || low.ends_with(".localhost");
}

std::vector<Cidr> other_forms_in(std::string_view text) {
  text = without_blanks(text);
  std::vector<std::string_view> candidates{text};
  for (const std::string_view mark : {"=", "@", "://"}) {
    if (const auto at = text.rfind(mark); at != std::string_view::npos)
      candidates.push_back(text.substr(at + mark.size()));
  }
  std::vector<Cidr> found;
  for (const std::string_view candidate : candidates) {
    if (candidate.find_first_of(" \t\n") != std::string_view::npos) continue;  // a sentence
    if (const auto network = short_network(candidate)) found.push_back(*network);
    const std::string_view host = candidate.substr(0, candidate.find_first_of("/:?#"));
    for (const auto& one : {loose_address(host), loopback_by_name(host)}) {
      if (one && !host.empty()) found.push_back(*one);
    }
  }
  return found;
}

}  // namespace aright::guard
