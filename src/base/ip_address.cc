#include "base/ip_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace aright {

namespace {

std::unexpected<Error> no_address(std::string_view text, std::string_view why) {
  return fail(Errc::invalid, fmt::format("\"{}\" is not an IP address{}", clip_text(text, 64), why));
}

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool Ip::is_loopback() const {
  if (v4) return bytes[0] == 127;
  return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool Ip::is_unspecified() const {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

bool Ip::is_multicast() const { return v4 ? (bytes[0] & 0xf0U) == 0xe0 : bytes[0] == 0xff; }

bool Ip::is_link_local_unicast() const {
  if (v4) return bytes[0] == 169 && bytes[1] == 254;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80;
}

bool Ip::is_link_local_multicast() const {
  if (v4) return bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0;
  return bytes[0] == 0xff && (bytes[1] & 0x0fU) == 0x02;
}

bool Ip::is_global_unicast() const {
  const bool broadcast = v4 && std::all_of(bytes.begin(), bytes.begin() + 4, [](std::uint8_t b) { return b == 255; });
  return !broadcast && !is_unspecified() && !is_loopback() && !is_multicast() && !is_link_local_unicast();
}

std::string Ip::text() const {
  if (v4) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  std::array<unsigned, 8> words{};
  for (std::size_t i = 0; i < 8; ++i) words[i] = bytes[2 * i] * 256U + bytes[2 * i + 1];
  std::size_t best = 8;
  std::size_t best_length = 1;  // one zero alone is not shortened
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && words[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", words[i]);
  }
  return out;
}

Cidr Cidr::masked() const {
  Cidr out = *this;
  for (unsigned i = 0; i < out.ip.bytes.size(); ++i) {
    const unsigned kept = std::clamp<unsigned>(length, 8 * i, 8 * i + 8) - 8 * i;
    out.ip.bytes[i] = static_cast<std::uint8_t>(out.ip.bytes[i] & (0xff00U >> kept));
  }
  return out;
}

bool Cidr::contains(const Ip& other) const { return ip.v4 == other.v4 && Cidr{other, length}.masked() == masked(); }

bool Cidr::contains(const Cidr& other) const { return length <= other.length && contains(other.ip); }

std::string Cidr::text() const { return fmt::format("{}/{}", ip.text(), length); }

Result<Ip> parse_ip(std::string_view text) {
  if (text.find('%') != std::string_view::npos) return no_address(text, ": an address with a zone is not allowed");
  if (text.size() > 45 || text.find('\0') != std::string_view::npos) return no_address(text, "");
  const std::string copy(text);
  Ip ip;
  if (::inet_pton(AF_INET, copy.c_str(), ip.bytes.data()) == 1) return ip;
  std::array<std::uint8_t, 16> six{};
  if (::inet_pton(AF_INET6, copy.c_str(), six.data()) != 1) return no_address(text, "");
  if (!std::equal(mapped_prefix.begin(), mapped_prefix.end(), six.begin())) return Ip{six, false};
  if (text.find('.') != std::string_view::npos) {
    return no_address(text, ": an IPv4-mapped IPv6 address is not allowed; write the IPv4 address");
  }
  std::copy(six.begin() + 12, six.end(), ip.bytes.begin());
  return ip;
}

Result<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return fail(Errc::invalid, fmt::format("\"{}\" is not a network: no /LENGTH", clip_text(text, 64)));
  }
  auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return std::unexpected(ip.error());
  // A mapped address would need its length mapped too; nobody writes that on purpose.
  if (ip->v4 && text.find(':') != std::string_view::npos) {
    return no_address(text.substr(0, slash), ": an IPv4-mapped IPv6 address is not allowed; write the IPv4 address");
  }
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const bool plain = code == std::errc{} && end == digits.data() + digits.size() && fmt::format("{}", length) == digits;
  if (!plain || length > ip->bits()) {
    return fail(Errc::invalid, fmt::format("\"{}\" is not a network: the length is a number from 0 to {}",
                                           clip_text(text, 64), ip->bits()));
  }
  return Cidr{*ip, static_cast<std::uint8_t>(length)};
}

}  // namespace aright
