#include "http/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"

namespace aright::http {

namespace beast = boost::beast;

namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;

Response problem(unsigned status, const std::string& title) {
  return {status, "application/problem+json", fmt::format("{{\"status\":{},\"title\":\"{}\"}}", status, title)};
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool answer(int fd, const Response& response, bool keep_alive) {
  const std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nX-Content-Type-Options: nosniff\r\n"
      "Cache-Control: no-store\r\nConnection: {}\r\n\r\n",
      response.status, std::string(beast::http::obsolete_reason(static_cast<beast::http::status>(response.status))),
      response.content_type, response.body.size(), keep_alive ? "keep-alive" : "close");
  return send_all(fd, head + response.body);
}

std::map<std::string, std::string> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    query[std::string(pair.substr(0, equals))] =
        equals == std::string_view::npos ? std::string() : std::string(pair.substr(equals + 1));
  }
  return query;
}

bool is_loopback_host(std::string_view host) {
  for (const std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (host == name || (host.starts_with(name) && host.substr(name.size()).starts_with(':'))) return true;
  }
  return false;
}

Request to_request(const Parser::value_type& message) {
  Request request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = parse_query(std::string_view(target).substr(mark + 1));
  request.host = std::string(message[beast::http::field::host]);
  request.body = message.body();
  return request;
}

}  // namespace

struct Server::Impl {
  Handler handler;
  ServerLimits limits;
  UniqueFd listener;
  bool is_unix{false};
  std::string unlink_path;
  std::uint16_t port{0};
  std::thread acceptor;
  std::atomic<bool> stopping{false};
  struct Connection {
    UniqueFd fd;
    std::atomic<bool> done{false};
    std::thread thread;
  };
  std::mutex mutex;
  std::list<Connection> connections;

  void start() {
    acceptor = std::thread([this] { accept_all(); });
  }

  void stop() {
    stopping = true;
    shutdown(listener.get(), SHUT_RDWR);
    if (acceptor.joinable()) acceptor.join();
    const std::scoped_lock lock(mutex);
    for (Connection& c : connections) shutdown(c.fd.get(), SHUT_RDWR);
    for (Connection& c : connections) c.thread.join();
    connections.clear();
    if (!unlink_path.empty()) unlink(unlink_path.c_str());
  }

  void accept_all() {
    while (!stopping) {
      UniqueFd fd{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!fd.valid()) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EMFILE || errno == ENFILE) {
          std::this_thread::yield();
          continue;
        }
        return;
      }
      take(std::move(fd));
    }
  }

  void take(UniqueFd fd) {
    const std::scoped_lock lock(mutex);
    for (auto it = connections.begin(); it != connections.end();) {
      if (!it->done) {
        ++it;
        continue;
      }
      it->thread.join();
      it = connections.erase(it);
    }
    if (connections.size() >= limits.connections) {
      answer(fd.get(), problem(503, "too many connections"), false);
      return;
    }
    const timeval wait{limits.wait_ms / 1000, static_cast<suseconds_t>(limits.wait_ms % 1000 * 1000)};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    Connection& connection = connections.emplace_back();
    connection.fd = std::move(fd);
    connection.thread = std::thread([this, &connection] {
      serve(connection.fd.get());
      shutdown(connection.fd.get(), SHUT_RDWR);
      connection.done = true;
    });
  }

  void serve(int fd) {
    std::string pending;
    while (!stopping) {
      Parser parser;
      parser.header_limit(limits.header_bytes);
      parser.body_limit(limits.body_bytes);
      const auto bad = read_request(fd, parser, pending);
      if (bad) {
        if (*bad != 0) answer(fd, problem(*bad, "the request was not understood"), false);
        return;
      }
      const bool keep_alive = parser.get().keep_alive();
      if (!answer(fd, handle(fd, parser.get()), keep_alive) || !keep_alive) return;
    }
  }

  /// nullopt: a whole request; 0: the peer went away; else the status to refuse it with.
  static std::optional<unsigned> read_request(int fd, Parser& parser, std::string& pending) {
    std::array<char, 16384> chunk{};
    bool began = !pending.empty();
    while (true) {
      while (!pending.empty() && !parser.is_done()) {
        beast::error_code error;
        const std::size_t used = parser.put(boost::asio::buffer(pending), error);
        pending.erase(0, used);
        if (error == beast::http::error::need_more) break;
        if (error == beast::http::error::body_limit) return 413;
        if (error == beast::http::error::header_limit) return 431;
        if (error) return 400;
      }
      if (parser.is_done()) return std::nullopt;
      const ssize_t count = recv(fd, chunk.data(), chunk.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && began) return 408;
      if (count <= 0) return 0;
      began = true;
      pending.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }

  Response handle(int fd, const Parser::value_type& message) {
    Request request = to_request(message);
    if (message.version() != 11 || message.count(beast::http::field::host) != 1)
      return problem(400, "HTTP/1.1 with one Host");
    if (!is_unix && !is_loopback_host(request.host)) return problem(421, "this address serves loopback names only");
    if (is_unix) {
      ucred credentials{};
      socklen_t size = sizeof credentials;
      if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return problem(403, "no peer credentials");
      request.peer = Peer{credentials.uid, credentials.gid, credentials.pid};
    }
    return handler(request);
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) { impl_->start(); }
Server::~Server() { impl_->stop(); }
std::uint16_t Server::port() const { return impl_->port; }

Result<std::unique_ptr<Server>> Server::on_unix(const std::string& path, Handler handler, ServerLimits limits) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Errc::invalid, path + ": too long for a socket's name");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  auto* raw = reinterpret_cast<sockaddr*>(&address);  // the socket API's own form of inheritance
  const UniqueFd probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (connect(probe.get(), raw, sizeof address) == 0)
    return fail(Errc::denied, path + ": another daemon answers there");
  unlink(path.c_str());
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  impl->limits = limits;
  impl->is_unix = true;
  impl->unlink_path = path;
  impl->listener = UniqueFd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!impl->listener.valid() || bind(impl->listener.get(), raw, sizeof address) != 0 ||
      chmod(path.c_str(), 0660) != 0 || listen(impl->listener.get(), SOMAXCONN) != 0) {
    return std::unexpected(errno_error(errno, path));
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<std::unique_ptr<Server>> Server::on_tcp(const std::string& address, Handler handler, ServerLimits limits) {
  const auto colon = address.rfind(':');
  std::uint16_t port = 0;
  const auto bad = [&] { return fail(Errc::invalid, "\"" + address + "\" is not an address like 127.0.0.1:7480"); };
  if (colon == std::string::npos) return bad();
  const auto [stop, error] = std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  if (error != std::errc{} || stop != address.data() + address.size()) return bad();
  const std::string host = address.substr(0, colon);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && host != "[::1]") return bad();
  if (is_v4 && (ntohl(v4.sin_addr.s_addr) >> 24U) != 127)
    return fail(Errc::denied, address + ": only loopback addresses are served");
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  impl->limits = limits;
  impl->listener = UniqueFd{socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  setsockopt(impl->listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* raw = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  if (!impl->listener.valid() || bind(impl->listener.get(), raw, size) != 0 ||
      listen(impl->listener.get(), SOMAXCONN) != 0 || getsockname(impl->listener.get(), raw, &size) != 0) {
    return std::unexpected(errno_error(errno, address));
  }
  impl->port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace aright::http
