#include "driver/notify/syslog.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>

#include "base/unique_fd.h"
#include "driver/notify/message.h"
#include "driver/notify/node_name.h"

namespace aright::driver {

namespace {

using SyslogClock = std::chrono::steady_clock;

constexpr std::chrono::seconds end_awaited{5};  ///< of a connection, by whoever keeps it open
constexpr std::chrono::milliseconds looks_every{20};

std::unexpected<Error> not_taken(int err, const std::string& whom) {
  Error error = errno_error(err, whom);
  error.retry = Retry::yes;
  return std::unexpected(std::move(error));
}

int priority(const SyslogNotifier& how, const Notification& n) {
  return how.facility * 8 + syslog_severity(n.what.severity);
}

std::string as_rfc3164(const SyslogNotifier& how, const Notification& n) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("<{}>{:%b %e %H:%M:%S} {}[{}]: notification {}: {}", priority(how, n), local, how.tag, getpid(),
                     n.id, one_line(n));
}

std::string as_rfc5424(const SyslogNotifier& how, const Notification& n) {
  return fmt::format("<{}>1 {} {} {} {} {} - notification {}: {}", priority(how, n), rfc3339(n.made.wall), host_name(),
                     how.tag, getpid(), n.what.notice, n.id, one_line(n));
}

Result<std::string> to_socket(const SyslogNotifier& how, const Notification& n) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (how.socket.size() >= sizeof address.sun_path)
    return fail(Errc::invalid, how.socket + ": is too long for a socket");
  std::memcpy(address.sun_path, how.socket.c_str(), how.socket.size());
  const UniqueFd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return not_taken(errno, how.socket);
  const std::string text = as_rfc3164(how, n);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the system wants an address
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL, to, sizeof address) < 0) {
    return not_taken(errno, how.socket);
  }
  return "written to " + how.socket;
}

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size{0};
};

SocketAddress socket_address(const Ip& ip, std::uint16_t port) {
  SocketAddress made;
  if (ip.v4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    std::memcpy(&address.sin_addr, ip.bytes.data(), 4);
    std::memcpy(&made.bytes, &address, sizeof address);
    made.size = sizeof address;
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    std::memcpy(&address.sin6_addr, ip.bytes.data(), 16);
    std::memcpy(&made.bytes, &address, sizeof address);
    made.size = sizeof address;
  }
  return made;
}

Result<Done> wait_writable(int fd, SyslogClock::time_point until, const std::string& whom) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - SyslogClock::now()).count();
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  const int ready = poll(&wanted, 1, left > 0 ? static_cast<int>(left) : 0);
  if (ready < 0 && errno != EINTR) return not_taken(errno, whom);
  if (ready == 0) return fail(Errc::timeout, whom + ": does not take it in time", Retry::yes);
  return Done{};
}

Result<Done> connect_within(int fd, const SocketAddress& to, SyslogClock::time_point until, const std::string& whom) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the system wants an address
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) == 0) return Done{};
  if (errno != EINPROGRESS) return not_taken(errno, whom);
  if (auto ok = wait_writable(fd, until, whom); !ok) return ok;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return not_taken(error, whom);
  return Done{};
}

Result<Done> send_within(int fd, std::string_view text, SyslogClock::time_point until, const std::string& whom) {
  while (!text.empty()) {
    const ssize_t count = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (auto ok = wait_writable(fd, until, whom); !ok) return ok;
    } else if (errno != EINTR) {
      return not_taken(errno, whom);
    }
  }
  return Done{};
}

/// The machine there has acknowledged all, our end too. False where the system does not say.
bool has_arrived(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

int error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// That it was sent says nothing: whoever ends without reading it resets the connection. One that ends it after us has
/// taken it. One that keeps it open may be like that: it has arrived there, more cannot be known.
Result<std::string> wait_taken(int fd, SyslogClock::time_point until, const std::string& whom) {
  if (shutdown(fd, SHUT_WR) != 0) {
    const int why = errno;
    const int before = error_of(fd);
    return not_taken(before != 0 ? before : why, whom);
  }
  const auto patient = std::min(until, SyslogClock::now() + end_awaited);
  bool ended = false;
  while (true) {
    std::array<char, 512> said{};
    const ssize_t count = ended ? 0 : recv(fd, said.data(), said.size(), 0);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return not_taken(errno, whom);
    ended = count == 0;
    const bool arrived = has_arrived(fd);
    // It may have ended before it got anything, and then what arrives is answered by a reset.
    if (const int error = ended ? error_of(fd) : 0; error != 0) return not_taken(error, whom);
    if (ended && arrived) return "sent to " + whom;
    const auto now = SyslogClock::now();
    if (arrived && now >= patient) {
      return fmt::format("sent to {}, which keeps the connection open: whether it was read is not known", whom);
    }
    if (now >= until) return fail(Errc::timeout, whom + ": does not take it in time", Retry::yes);
    pollfd wanted{.fd = ended ? -1 : fd, .events = POLLIN, .revents = 0};
    poll(&wanted, 1, looks_every.count());
  }
}

}  // namespace

Result<std::string> write_to_syslog(const SyslogNotifier& how, const Notification& n,
                                    const http::Destinations& destinations, const http::Resolve& resolve,
                                    Nanos time_limit) {
  if (how.way == SyslogNotifier::Way::local) return to_socket(how, n);
  const auto until = SyslogClock::now() + time_limit;
  const auto as_ip = parse_ip(how.host);
  http::Url url;
  url.tls = false;
  url.host = how.host;
  url.port = how.port;
  if (as_ip) url.address = *as_ip;
  const bool tcp = how.way == SyslogNotifier::Way::tcp;
  const auto refused = [&](Error why) {  // the destinations speak of what is called over http
    const std::string wrong = url.origin();
    const std::string ours = fmt::format("{}://{}:{}", tcp ? "tcp" : "udp", url.host_text(), how.port);
    if (why.message.starts_with(wrong)) why.message.replace(0, wrong.size(), ours);
    why.retry = Retry::yes;
    return std::unexpected(std::move(why));
  };
  const auto destination = http::destination_of(destinations, url);
  if (!destination) return refused({Errc::denied, Retry::yes, destination.error().message});
  auto addresses = as_ip ? Result<std::vector<Ip>>(std::vector<Ip>{*as_ip}) : resolve(how.host, time_limit);
  if (!addresses) return std::unexpected(Error{addresses.error().code, Retry::yes, addresses.error().message});
  if (auto ok = http::check_addresses(**destination, url, *addresses); !ok) {
    return refused(ok.error());
  }
  const std::string whom = fmt::format("{} {}:{}", tcp ? "tcp" : "udp", url.host_text(), how.port);
  const Ip& ip = addresses->front();
  const UniqueFd fd{
      socket(ip.v4 ? AF_INET : AF_INET6, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return not_taken(errno, whom);
  if (auto ok = connect_within(fd.get(), socket_address(ip, how.port), until, whom); !ok) {
    return std::unexpected(ok.error());
  }
  const std::string text = as_rfc5424(how, n);
  const std::string framed = tcp ? fmt::format("{} {}", text.size(), text) : text;
  if (auto ok = send_within(fd.get(), framed, until, whom); !ok) return std::unexpected(ok.error());
  if (tcp) return wait_taken(fd.get(), until, whom);
  return "sent to " + whom;
}

}  // namespace aright::driver
