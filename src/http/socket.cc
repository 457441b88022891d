#include "http/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

namespace aright::http {

namespace {

constexpr std::chrono::seconds dying_max{2};
constexpr std::chrono::milliseconds dying_look{10};

/// True when `fd` is ready for `events` (or broken, which the next call tells).
bool ready(int fd, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{fd, events, 0};
    const int count = poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && error == std::errc{} && stop == text.data() + text.size();
}

bool is_loopback_v4(const std::string& host, in_addr& into) {
  return inet_pton(AF_INET, host.c_str(), &into) == 1 && (ntohl(into.s_addr) >> 24U) == 127;
}

struct LoopbackAddress {
  int family{AF_INET};
  in_addr v4{};  ///< of AF_INET; AF_INET6 has one loopback address only
  std::uint16_t port{0};
};

Result<LoopbackAddress> parse_address(const std::string& address) {
  const auto bad = [&] { return fail(Errc::invalid, "\"" + address + "\" is not an address like 127.0.0.1:7480"); };
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || !is_port(std::string_view(address).substr(colon + 1))) return bad();
  LoopbackAddress parsed;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), parsed.port);
  const std::string host = address.substr(0, colon);
  if (host == "[::1]") {
    parsed.family = AF_INET6;
  } else if (!is_loopback_v4(host, parsed.v4)) {
    if (inet_pton(AF_INET, host.c_str(), &parsed.v4) != 1) return bad();
    return fail(Errc::denied, address + ": only loopback addresses are served");
  }
  return parsed;
}

/// A socket file nobody answers on is taken away; anything else is somebody's.
Result<Done> clear_name(const std::string& path, const sockaddr* address, socklen_t size) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Result<Done>(Done{}) : std::unexpected(errno_error(errno, path));
  }
  if (!S_ISSOCK(info.st_mode)) return fail(Errc::denied, path + ": is there already and is no socket");
  const UniqueFd probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (connect(probe.get(), address, size) == 0 || errno == EAGAIN) {
    return fail(Errc::denied, path + ": another daemon answers there");
  }
  if (unlink(path.c_str()) != 0) return std::unexpected(errno_error(errno, path));
  return Done{};
}

/// False: errno says why. A process that was killed has its addresses until the kernel has taken it away, and so has
/// what it was about to start: who starts again at once is not refused for that.
bool bind_when_free(int fd, const sockaddr* address, socklen_t size) {
  for (const auto until = std::chrono::steady_clock::now() + dying_max;;) {
    if (bind(fd, address, size) == 0) return true;
    if (errno != EADDRINUSE || std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(dying_look);
  }
}

/// Why nobody can be served at `address`, and what to try.
Error not_served(int err, const std::string& address) {
  Error error = errno_error(err, address);
  if (err == EADDRINUSE) error.message += ": is another daemon running? give another port with --listen";
  if (err == EACCES) error.message += ": ports below 1024 need rights; give a higher one with --listen";
  return error;
}

std::shared_ptr<const UniqueFd> process_of(int fd, pid_t pid) {
  int told = -1;
  socklen_t size = sizeof told;
  constexpr int peer_pidfd = 77;  // SO_PEERPIDFD, which the headers of Debian 12 do not have
  if (getsockopt(fd, SOL_SOCKET, peer_pidfd, &told, &size) != 0) {
    told = errno == ENOPROTOOPT && pid != 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1;
  }
  return told < 0 ? nullptr : std::make_shared<const UniqueFd>(told);
}

}  // namespace

Turn turn_of(int fd) {
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) return Turn::ours;
  pollfd now{fd, POLLRDHUP, 0};
  return poll(&now, 1, 0) > 0 ? Turn::over : Turn::peer;
}

std::string too_long_for_a_socket(const std::string& path) {
  return fmt::format("{}: {} bytes, too long for a socket's name (at most {}); give a shorter path with --state", path,
                     path.size(), sizeof(sockaddr_un{}.sun_path) - 1);
}

Result<std::string_view> receive(int fd, std::span<char> into, Deadline deadline) {
  while (true) {
    if (!ready(fd, POLLIN, deadline)) return fail(Errc::timeout, "the peer sent nothing in time");
    const ssize_t count = recv(fd, into.data(), into.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return std::string_view(into.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
  }
}

bool send_all(int fd, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (count < 0 && errno == EAGAIN && !ready(fd, POLLOUT, deadline)) return false;
    if (count > 0 && !bytes.empty() && std::chrono::steady_clock::now() >= deadline) return false;
  }
  return true;
}

Result<UniqueFd> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Errc::invalid, too_long_for_a_socket(path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);  // the socket API's own form of inheritance
  if (auto ok = clear_name(path, raw, sizeof address); !ok) return std::unexpected(ok.error());
  UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  // The name takes the socket's mode, less the umask; set before it exists, so that it is never open to all. Nobody
  // can connect before `listen`.
  if (!fd.valid() || fchmod(fd.get(), 0660) != 0 || bind(fd.get(), raw, sizeof address) != 0 ||
      chmod(path.c_str(), 0660) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
    return std::unexpected(errno_error(errno, path));
  }
  return fd;
}

Result<Done> check_address(const std::string& address) {
  auto parsed = parse_address(address);
  return parsed ? Result<Done>(Done{}) : std::unexpected(parsed.error());
}

Result<TcpListener> listen_tcp(const std::string& address) {
  const auto parsed = parse_address(address);
  if (!parsed) return std::unexpected(parsed.error());
  TcpListener listener;
  listener.fd = UniqueFd{socket(parsed->family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  setsockopt(listener.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(parsed->port);
  v4.sin_addr = parsed->v4;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(parsed->port);
  v6.sin6_addr = in6addr_loopback;
  const bool is_v4 = parsed->family == AF_INET;
  auto* raw = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  if (!listener.fd.valid() || !bind_when_free(listener.fd.get(), raw, size) ||
      listen(listener.fd.get(), SOMAXCONN) != 0 || getsockname(listener.fd.get(), raw, &size) != 0) {
    return std::unexpected(not_served(errno, address));
  }
  listener.port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
  return listener;
}

std::optional<Peer> peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  Peer peer{credentials.uid, credentials.gid, credentials.pid, {}, process_of(fd, credentials.pid)};
  socklen_t bytes = 0;
  // The first call tells how many there are.
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, nullptr, &bytes) != 0 && errno != ERANGE) return std::nullopt;
  peer.groups.resize(bytes / sizeof(gid_t));
  if (bytes != 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &bytes) != 0) return std::nullopt;
  return peer;
}

bool is_loopback_host(std::string_view host) {
  const auto bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return false;
  std::string name(host.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  in_addr ignored{};
  return name == "localhost" || name == "[::1]" || is_loopback_v4(name, ignored);
}

}  // namespace aright::http
