// One request to one server, by libcurl, within limits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/unique_fd.h"
#include "http/destination.h"
#include "http/mail.h"
#include "http/message.h"
#include "http/open_sockets.h"
#include "http/resolve.h"
#include "http/url.h"

namespace aright::http {

/// The limits every request keeps; what is beyond is refused before anything is sent.
inline constexpr std::size_t sent_body_bytes_max = std::size_t{2} << 20U;
inline constexpr std::size_t sent_header_bytes_max = std::size_t{16} << 10U;  ///< of one: name and value
inline constexpr std::size_t sent_headers_max = 64;
inline constexpr std::size_t answer_header_bytes_max = std::size_t{64} << 10U;  ///< all of an answer's
inline constexpr std::uint64_t answer_bytes_max = std::uint64_t{16} << 20U;     ///< then its end is not waited for

struct Outgoing {
  std::string method{"GET"};  ///< GET, HEAD, POST, PUT, PATCH or DELETE
  Url url;
  Headers headers;  ///< beside Host, Content-Length, User-Agent and Accept, which are set
  std::string body;
  Nanos connect_limit{std::chrono::seconds{5}};  ///< for the name, the connection and TLS
  Nanos time_limit{std::chrono::seconds{30}};    ///< for everything
  std::size_t kept_max{std::size_t{64} << 10U};  ///< bytes of the answer that are kept; the rest is read and counted
};

/// Why what a server answered is not the whole of it.
enum class Cut : std::uint8_t {
  none,
  time_limit,
  stopped,
  lost,     ///< the connection broke, or what came is no HTTP
  too_long  ///< `answer_bytes_max` or `answer_header_bytes_max`
};

struct Answer {
  int status{0};  ///< 0: none came
  std::string body;
  std::uint64_t total{0};  ///< bytes of the body that came
  Cut cut{Cut::none};
  std::string trouble;  ///< of a cut: what libcurl says
  Ip from;              ///< who answered
  Nanos elapsed{};
};

/// Header names and values that cannot be told from the protocol's own. Errc::invalid names the first. Pure.
[[nodiscard]] Result<Done> check_outgoing(const Outgoing& request);

/// Opens what requests are sent by. Errc::unavailable: it is not on this machine; `Client::send` says the same.
[[nodiscard]] Result<Done> libcurl_is_here();

/// Any thread, several requests at once. Each has a connection of its own, to an address that was resolved once and
/// judged by `check_addresses`; no proxy of the environment, no redirect, no cookies, no second try of its own. The
/// process ignores SIGPIPE (TLS writes without a flag against it).
class Client {
 public:
  /// Errors of eventfd(2).
  static Result<std::unique_ptr<Client>> create(Resolve resolve = resolve_by_system);

  /// On every error nothing of the request was sent:
  /// invalid: it breaks a limit or a rule; denied: no destination lists it, its address may not be called, or the
  /// server's certificate is not in order; not_found: no such host; unavailable (retry): no connection in time, or no
  /// libcurl here; paused: `stop` was called before, or `may_send` says no. It is asked once, when the connection is
  /// there and nothing but sending the request is left; none: it may.
  Result<Answer> send(const Destinations& destinations, const Outgoing& request,
                      const std::function<bool()>& may_send = {});

  /// Hands one message to a mail server, for all its recipients or for none; what the server said last. Without
  /// encryption only as plain http may go. Errors: as above where nothing was sent; Errc::invalid (no retry): the
  /// server refuses this message for good; unavailable (retry): it does not take it now, or nobody knows whether it
  /// did.
  Result<std::string> send_mail(const Destinations& destinations, const Mail& mail);

  /// Ends requests under way, now and from now on. Does not wait. Any thread, more than once.
  void stop();

 private:
  /// Where a conversation may go, and how long it may take.
  struct Way {
    std::vector<Ip> addresses;
    std::string ca_file;
    Nanos connect_limit{};
    Nanos time_limit{};
  };
  Result<Way> way_to(const Destinations& destinations, const Url& url, Nanos connect_limit, Nanos time_limit);
  Client(Resolve resolve, UniqueFd stopped) : resolve_(std::move(resolve)), stopped_(std::move(stopped)) {}

  const Resolve resolve_;
  UniqueFd stopped_;  ///< readable from `stop` on
  std::atomic<bool> stopping_{false};
  OpenSockets mail_sockets_;
};

}  // namespace aright::http
