#include "http/client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "base/text.h"
#include "http/libcurl.h"
#include "http/mail_transfer.h"
#include "http/transfer.h"

namespace aright::http {

namespace {

constexpr std::size_t header_shown_max = 200;
constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
/// Frame the message, or name who speaks or how: what we set ourselves, or a hop does.
constexpr std::array<std::string_view, 12> own_headers{
    "Host",    "Content-Length", "Transfer-Encoding", "Connection",          "Expect",          "Keep-Alive", "TE",
    "Trailer", "Upgrade",        "Accept-Encoding",   "Proxy-Authorization", "Proxy-Connection"};

std::unexpected<Error> bad(const Outgoing& request, const std::string& why) {
  return fail(Errc::invalid, fmt::format("{} {}: {}", clip_text(request.method, 20), request.url.origin(), why));
}

bool is_field_name(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.contains(c);
  });
}

bool is_value(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 127);
  });
  return plain &&
         (text.empty() || (text.front() != ' ' && text.front() != '\t' && text.back() != ' ' && text.back() != '\t'));
}

Result<Done> check_header(const Outgoing& request, const std::string& name, const std::string& value) {
  const std::string shown = clip_text(name, header_shown_max);
  if (!is_field_name(name)) return bad(request, fmt::format("\"{}\" is no name of a header", shown));
  if (std::ranges::any_of(own_headers, [&](std::string_view own) { return same_name(own, name); })) {
    return bad(request, fmt::format("header {} may not be set: it belongs to the connection", shown));
  }
  if (!is_value(value)) {
    return bad(request, fmt::format("the value of header {} has a line break or another control character, or blanks "
                                    "around it",
                                    shown));
  }
  if (name.size() + value.size() <= sent_header_bytes_max) return Done{};
  return bad(request, fmt::format("header {} has {} bytes, the limit is {}", shown, name.size() + value.size(),
                                  sent_header_bytes_max));
}

}  // namespace

Result<Done> check_outgoing(const Outgoing& request) {
  if (std::ranges::find(methods, request.method) == methods.end()) {
    return bad(request, fmt::format("the method is one of {}", fmt::join(methods, ", ")));
  }
  if (request.headers.size() > sent_headers_max) {
    return bad(request, fmt::format("{} headers, the limit is {}", request.headers.size(), sent_headers_max));
  }
  for (const auto& [name, value] : request.headers) {
    if (auto ok = check_header(request, name, value); !ok) return ok;
  }
  if (request.body.size() > sent_body_bytes_max) {
    return bad(request,
               fmt::format("the body has {} bytes, the limit is {}", request.body.size(), sent_body_bytes_max));
  }
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    return bad(request, "a request of this method has no body");
  }
  const bool in_time = request.time_limit > Nanos::zero() && request.connect_limit > Nanos::zero();
  if (!in_time) return bad(request, "a time limit is more than nothing");
  return Done{};
}

Result<Done> libcurl_is_here() {
  const auto curl = libcurl();
  return curl ? Result<Done>(Done{}) : std::unexpected(curl.error());
}

Result<std::unique_ptr<Client>> Client::create(Resolve resolve) {
  UniqueFd stopped{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!stopped.valid()) return std::unexpected(errno_error(errno, "HTTP client: eventfd"));
  return std::unique_ptr<Client>{new Client(std::move(resolve), std::move(stopped))};
}

Result<Client::Way> Client::way_to(const Destinations& destinations, const Url& url, Nanos connect_limit,
                                   Nanos time_limit) {
  const auto begin = std::chrono::steady_clock::now();
  const auto destination = destination_of(destinations, url);
  if (!destination) return std::unexpected(destination.error());
  Way way{.addresses = {}, .ca_file = (*destination)->ca_file};
  if (url.address) {
    way.addresses = {*url.address};
  } else {
    auto found = resolve_(url.host, std::min(connect_limit, time_limit));
    if (!found) return std::unexpected(found.error());
    way.addresses = std::move(*found);
  }
  if (auto ok = check_addresses(**destination, url, way.addresses); !ok) return std::unexpected(ok.error());
  if (stopping_) return fail(Errc::paused, url.origin() + ": is not called, we are stopping", Retry::yes);
  const Nanos spent = std::chrono::steady_clock::now() - begin;
  way.connect_limit = std::min(connect_limit, time_limit) - spent;
  way.time_limit = time_limit - spent;
  if (way.connect_limit < std::chrono::milliseconds{1}) {
    return fail(Errc::unavailable, url.origin() + ": its name took all of the time to connect", Retry::yes);
  }
  return way;
}

Result<Answer> Client::send(const Destinations& destinations, const Outgoing& request,
                            const std::function<bool()>& may_send) {
  const auto begin = std::chrono::steady_clock::now();
  if (auto ok = check_outgoing(request); !ok) return std::unexpected(ok.error());
  const auto way = way_to(destinations, request.url, request.connect_limit, request.time_limit);
  if (!way) return std::unexpected(way.error());
  const ExchangeLimits limits{way->addresses,  way->ca_file,   way->connect_limit,
                              way->time_limit, stopped_.get(), nullptr};
  auto answer = transfer({.request = request, .may_send = may_send, .limits = limits});
  if (answer) answer->elapsed = std::chrono::steady_clock::now() - begin;
  return answer;
}

Result<std::string> Client::send_mail(const Destinations& destinations, const Mail& mail) {
  if (auto ok = check_mail(mail); !ok) return std::unexpected(ok.error());
  const auto way = way_to(destinations, mail.server, mail.connect_limit, mail.time_limit);
  if (!way) return std::unexpected(way.error());
  return transfer_mail(
      mail, {way->addresses, way->ca_file, way->connect_limit, way->time_limit, stopped_.get(), &mail_sockets_});
}

void Client::stop() {
  stopping_ = true;
  eventfd_write(stopped_.get(), 1);
  mail_sockets_.cut_off();
}

}  // namespace aright::http
