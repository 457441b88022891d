#include "http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"

namespace aright::http {

namespace {

constexpr std::size_t url_shown_max = 200;
constexpr std::size_t host_max = 253;
constexpr std::size_t label_max = 63;

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(Errc::invalid, fmt::format("URL {}: {}", clip_text(text, url_shown_max), why));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// Parts of a text between `by`.
template <class F>
bool all_parts(std::string_view text, char by, F&& holds) {
  for (;;) {
    const auto end = text.find(by);
    if (!holds(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_label(std::string_view label) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  return !label.empty() && label.size() <= label_max && label.front() != '-' && label.back() != '-' &&
         label.find_first_not_of(letters) == std::string_view::npos;
}

/// A last label that begins with a digit: some readers take such a name for an address in another notation.
bool looks_like_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && std::isdigit(static_cast<unsigned char>(last.front())) != 0;
}

Result<Done> take_host(std::string_view whole, std::string_view host, Url& into) {
  const bool bracketed = host.starts_with('[');
  if (bracketed) host = host.substr(1, host.size() - 2);
  into.host = lower(host);
  if (bracketed || looks_like_number(into.host)) {
    const auto ip = parse_ip(into.host);
    if (!ip || ip->v4 == bracketed || (bracketed && !into.host.contains(':'))) {
      return bad(whole, fmt::format("{} is no address in its usual form, such as 192.0.2.1 or [2001:db8::1]",
                                    clip_text(host, url_shown_max)));
    }
    into.address = *ip;
    into.host = ip->text();
    return Done{};
  }
  if (into.host.size() <= host_max && all_parts(into.host, '.', is_label)) return Done{};
  return bad(whole, fmt::format("\"{}\" is no name of a host: letters, digits, - and _ between single dots",
                                clip_text(host, url_shown_max)));
}

Result<Done> take_port(std::string_view whole, std::string_view digits, Url& into) {
  unsigned port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool number = code == std::errc{} && end == digits.data() + digits.size();
  if (!number || port == 0 || port > 65535) return bad(whole, "the port is a number from 1 to 65535");
  into.port = static_cast<std::uint16_t>(port);
  return Done{};
}

bool is_dots(std::string_view segment) {
  std::string plain;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escaped = lower(segment.substr(i, 3)) == "%2e";
    plain += escaped ? '.' : segment[i];
    if (escaped) i += 2;
  }
  return plain == "." || plain == "..";
}

Result<Done> take_target(std::string_view whole, std::string_view target, Url& into) {
  constexpr std::string_view never = "\"<>\\^`{|}";
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c <= ' ' || c > '~' || never.contains(c)) {
      return bad(whole, "path and query hold visible ASCII characters only, others as %XX");
    }
    if (c == '#') return bad(whole, "a fragment (#) is never sent; leave it out");
    if (c == '%' && (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2]))) {
      return bad(whole, "% is followed by two hex digits");
    }
  }
  const std::string_view path = target.substr(0, target.find('?'));
  if (!all_parts(path, '/', [](std::string_view segment) { return !is_dots(segment); })) {
    return bad(whole, "its path has a segment . or .., which leads elsewhere than it says");
  }
  into.target = (path.empty() ? "/" : "") + std::string(target);
  return Done{};
}

}  // namespace

std::string Url::host_text() const { return address && !address->v4 ? "[" + host + "]" : host; }

std::string Url::origin() const {
  const bool usual = port == (tls ? 443 : 80);
  return fmt::format("{}://{}{}", tls ? "https" : "http", host_text(), usual ? "" : fmt::format(":{}", port));
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > url_bytes_max) {
    return bad(text, fmt::format("has {} bytes, the limit is {}", text.size(), url_bytes_max));
  }
  Url url;
  const auto colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "https" && scheme != "http") return bad(text, "begins with https:// (or http:// on the same machine)");
  url.tls = scheme == "https";
  url.port = url.tls ? 443 : 80;
  const std::string_view rest = text.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.contains('@')) return bad(text, "no user may stand before the host; use a header");
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return bad(text, "[ without ]");
  const auto port = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, port);
  if (bracket != 0 && !host.ends_with(']')) return bad(text, "only a port may follow ]");
  if (auto ok = take_host(text, host, url); !ok) return std::unexpected(ok.error());
  if (port != std::string_view::npos) {
    if (auto ok = take_port(text, authority.substr(port + 1), url); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = take_target(text, rest.substr(authority.size()), url); !ok) return std::unexpected(ok.error());
  return url;
}

}  // namespace aright::http
