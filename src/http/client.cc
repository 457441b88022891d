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

Result<Answer> Client::send(const Destinations& destinations, const Outgoing& request,
                            const std::function<bool()>& may_send) {
  const auto begin = std::chrono::steady_clock::now();
  if (auto ok = check_outgoing(request); !ok) return std::unexpected(ok.error());
  const auto destination = destination_of(destinations, request.url);
  if (!destination) return std::unexpected(destination.error());
  std::vector<Ip> addresses;
  if (request.url.address) {
    addresses = {*request.url.address};
  } else {
    auto found = resolve_(request.url.host, std::min(request.connect_limit, request.time_limit));
    if (!found) return std::unexpected(found.error());
    addresses = std::move(*found);
  }
  if (auto ok = check_addresses(**destination, request.url, addresses); !ok) return std::unexpected(ok.error());
  if (stopping_) return fail(Errc::paused, request.url.origin() + ": is not called, we are stopping", Retry::yes);
  const Nanos spent = std::chrono::steady_clock::now() - begin;
  const Nanos connect_left = std::min(request.connect_limit, request.time_limit) - spent;
  if (connect_left < std::chrono::milliseconds{1}) {
    return fail(Errc::unavailable, request.url.origin() + ": its name took all of the time to connect", Retry::yes);
  }
  auto answer = transfer({.request = request,
                          .addresses = addresses,
                          .may_send = may_send,
                          .ca_file = (*destination)->ca_file,
                          .connect_limit = connect_left,
                          .time_limit = request.time_limit - spent,
                          .stopped = stopped_.get()});
  if (answer) answer->elapsed = std::chrono::steady_clock::now() - begin;
  return answer;
}

void Client::stop() {
  stopping_ = true;
  eventfd_write(stopped_.get(), 1);
}

}  // namespace aright::http
