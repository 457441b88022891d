#include "http/unix_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "http/socket.h"

namespace aright::http {

namespace beast = boost::beast;

namespace {

constexpr std::uint64_t answer_max = 64U << 20U;

Result<UniqueFd> connect_to(const std::string& path, std::chrono::milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Errc::invalid, too_long_for_a_socket(path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval wait{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (errno == EACCES)
    return fail(Errc::denied,
                path + ": you may not ask this daemon; aright.yaml says whose group may (socket: { group: NAME })");
  return fail(
      Errc::not_found,
      fmt::format("no daemon answers on {}; start one with `aright serve`, or name another's folder with --state",
                  path));
}

}  // namespace

Result<Response> request_unix(const std::string& socket_path, const std::string& method, const std::string& target,
                              const std::string& body, std::chrono::milliseconds timeout) {
  auto fd = connect_to(socket_path, timeout);
  if (!fd) return std::unexpected(fd.error());
  const std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", method,
                  target, body.size(), body);
  if (send(fd->get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    const bool closed = errno == EPIPE || errno == ECONNRESET;
    if (closed) return fail(Errc::unavailable, socket_path + ": the daemon closed the connection before it answered");
    return std::unexpected(errno_error(errno, socket_path));
  }
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(answer_max);
  parser.skip(method == "HEAD");
  std::array<char, 65536> chunk{};
  std::string pending;
  while (!parser.is_done()) {
    const ssize_t count = recv(fd->get(), chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    const bool late = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (late) return fail(Errc::timeout, socket_path + ": the daemon did not answer in time");
    if (count < 0 && errno != ECONNRESET) return std::unexpected(errno_error(errno, socket_path));
    if (count <= 0)
      return fail(Errc::unavailable, socket_path + ": the daemon closed the connection before it answered");
    pending.append(chunk.data(), static_cast<std::size_t>(count));
    beast::error_code error;
    std::size_t used = 0;
    do {
      used = parser.put(boost::asio::buffer(pending), error);
      pending.erase(0, used);
    } while (used != 0 && !pending.empty() && !parser.is_done() && !error);
    if (error && error != beast::http::error::need_more)
      return fail(Errc::invalid, socket_path + ": not an HTTP answer");
  }
  Response response{parser.get().result_int(), std::string(parser.get()[beast::http::field::content_type]),
                    parser.get().body()};
  if (const auto by = parser.get().find(answers_header); by != parser.get().end()) {
    response.headers.emplace_back(answers_header, std::string(by->value()));
  }
  return response;
}

}  // namespace aright::http
