// A small HTTP/1.1 server for a Unix socket or a loopback address. Parsing by Beast; one thread per connection, few of
// them; no timer runs while nobody is connected.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace aright::http {

struct ServerLimits {
  std::uint32_t header_bytes{16U << 10U};
  std::uint64_t body_bytes{1U << 20U};
  /// When all are taken, the one that has waited longest for its peer is closed; when all are being answered, the new
  /// one gets 503. One that has ended goes first, one whose bytes wait for us never. Those that are sent their answer
  /// do not count, as long as there are not twice as many.
  std::uint32_t connections{64};
  std::uint32_t wait_ms{10'000};  ///< for the first byte of a request, for the rest of it, for taking the answer
};

/// Why a connection or request was turned away before a handler saw it.
enum class Refusal : std::uint8_t {
  busy,              ///< every connection was being answered: 503
  made_room,         ///< waited longest for its peer when all connections were taken
  exhausted,         ///< no thread or memory for it
  malformed,         ///< 400
  too_late,          ///< 408
  body_too_large,    ///< 413
  header_too_large,  ///< 431
  foreign_host,      ///< 421
  no_identity,       ///< 403
};
inline constexpr std::array<std::string_view, 9> refusal_names{
    "busy",           "made_room",        "exhausted",    "malformed",  "too_late",
    "body_too_large", "header_too_large", "foreign_host", "no_identity"};

/// Since start.
struct ServerFigures {
  std::uint64_t requests{0};                                ///< whole ones
  std::array<std::uint64_t, refusal_names.size()> refused;  ///< by `Refusal`
};

/// Called from connection threads, several at once.
using Handler = std::function<Response(const Request&)>;
/// The same with a request whose body has not been read: an answer turns it away (and ends the connection, unless the
/// body is there already), nullopt lets it come. Asked before `ServerLimits::body_bytes` is.
using Screen = std::function<std::optional<Response>(const Request&)>;

class Server {
 public:
  /// Both listen, and answer from `serve` on: until then whoever connects waits.
  /// Mode 0660. A socket file nobody answers on is replaced. Errc::denied when somebody does, or when it is no socket.
  /// `always`: headers of every answer, the handler's and those of the server itself.
  static Result<std::unique_ptr<Server>> on_unix(const std::string& path, Handler handler, ServerLimits limits = {},
                                                 Headers always = {});
  /// "127.0.0.1:7480" or "[::1]:0"; other than loopback addresses are refused (Errc::denied). The Host header must name
  /// loopback too, else 421.
  static Result<std::unique_ptr<Server>> on_tcp(const std::string& address, Handler handler, ServerLimits limits = {},
                                                Screen screen = {});
  /// Once.
  void serve();
  /// Makes the socket file of `on_unix` again, where somebody has removed it; who is connected stays so. Any thread,
  /// one at a time. Errors as `on_unix`.
  Result<Done> listen_again();
  ~Server();  ///< stops: closes the listener and every connection, waits for the handlers
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] ServerFigures figures() const;  ///< any thread

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::http
