#include "http/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/unique_fd.h"
#include "http/reader.h"
#include "http/socket.h"

namespace aright::http {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto pause_when_exhausted = std::chrono::milliseconds{50};
constexpr auto drain_for = std::chrono::seconds{1};
constexpr auto leave_within = std::chrono::milliseconds{500};  ///< for one that leaves: its thread has only to be run
constexpr std::size_t drain_bytes_max = 4U << 20U;

std::string_view why_refused(unsigned status) {
  switch (status) {
    case 408: return "the request was not complete in time";
    case 413: return "the body is too large";
    case 431: return "the header is too large";
    default: return "one HTTP/1.1 or 1.0 request with one Host and one length was expected, not chunked";
  }
}

Refusal refusal_of(unsigned status) {
  switch (status) {
    case 408: return Refusal::too_late;
    case 413: return Refusal::body_too_large;
    case 431: return Refusal::header_too_large;
    default: return Refusal::malformed;
  }
}

std::string head_of(const Response& response, bool keep_alive, const Headers& always) {
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nX-Content-Type-Options: nosniff\r\n"
      "Cache-Control: no-store\r\nConnection: {}\r\n",
      response.status, reason_of(response.status), response.content_type, response.body.size(),
      keep_alive ? "keep-alive" : "close");
  for (const Headers* some : {&always, &response.headers}) {
    for (const auto& [name, value] : *some) head += fmt::format("{}: {}\r\n", name, value);
  }
  return head + "\r\n";
}

}  // namespace

struct Server::Impl {
  struct Connection {
    UniqueFd fd;                         ///< closed under `mutex`
    std::atomic<Clock::rep> waiting{0};  ///< since when it waits for its peer to ask; 0 while it answers
    std::atomic<bool> answered{false};   ///< nothing more is owed to it: it will leave soon, or wait again
    std::atomic<bool> done{false};
    bool sent_away{false};  ///< under `mutex`
    std::thread thread;
  };

  Handler handler;
  Screen screen;  ///< may be empty
  ServerLimits limits;
  Headers always;  ///< of every answer
  UniqueFd listener;
  bool is_unix{false};
  std::string unlink_path;
  std::uint16_t port{0};
  std::thread acceptor;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> requests{0};
  std::array<std::atomic<std::uint64_t>, refusal_names.size()> refused{};
  std::mutex mutex;
  std::condition_variable stopped;
  std::condition_variable left;       ///< a connection is done, or the server stops
  std::list<Connection> connections;  ///< under `mutex`; an element is its thread's until `done`

  void count(Refusal why) { ++refused.at(static_cast<std::size_t>(why)); }

  void start() {
    acceptor = std::thread([this] { accept_all(); });
  }

  void stop() {
    {
      const std::scoped_lock lock(mutex);
      stopping = true;
      shutdown(listener.get(), SHUT_RDWR);
      for (Connection& c : connections) send_away(c, SHUT_RDWR);
    }
    stopped.notify_all();
    left.notify_all();
    if (acceptor.joinable()) acceptor.join();
    {
      const std::scoped_lock lock(mutex);
      for (Connection& c : connections) send_away(c, SHUT_RDWR);  // what the acceptor still took in
    }
    for (Connection& c : connections) c.thread.join();
    connections.clear();
    if (!unlink_path.empty()) unlink(unlink_path.c_str());
  }

  /// Under its number, which the acceptor has in hand: the old one ends under it, and the next turn takes the new one.
  Result<Done> listen_again() {
    auto fresh = listen_unix(unlink_path);
    if (!fresh) return std::unexpected(fresh.error());
    const UniqueFd old{fcntl(listener.get(), F_DUPFD_CLOEXEC, 0)};
    if (!old.valid() || dup3(fresh->get(), listener.get(), O_CLOEXEC) < 0) {
      return std::unexpected(errno_error(errno, unlink_path));
    }
    shutdown(old.get(), SHUT_RDWR);
    const std::scoped_lock lock(mutex);
    if (stopping) shutdown(listener.get(), SHUT_RDWR);
    return Done{};
  }

  /// Under `mutex`: its thread closes the descriptor, and the number may soon be somebody else's.
  static void send_away(Connection& connection, int how) {
    connection.sent_away = true;
    if (connection.fd.valid()) shutdown(connection.fd.get(), how);
  }

  void accept_all() {
    while (!stopping) {
      UniqueFd fd{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (fd.valid()) {
        take(std::move(fd));
        continue;
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory, or an error of the peer's making: wait, never spin, never give up.
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, pause_when_exhausted, [this] { return stopping.load(); });
    }
  }

  /// Under `mutex`. How many there are that do not leave. Whoever has its answer may look finished to the peer long
  /// before its thread runs again; on a busy machine these would otherwise keep everybody out.
  std::size_t forget_done() {
    std::size_t active = 0;
    for (auto it = connections.begin(); it != connections.end();) {
      if (it->done) {
        it->thread.join();
        it = connections.erase(it);
      } else {
        active += it->sent_away || it->answered ? 0U : 1U;
        ++it;
      }
    }
    return active;
  }

  /// Under `lock`. Whoever has kept us waiting longest makes room, so that idle peers cannot lock everybody out. There
  /// are never more than twice as many as may be active; for those that leave it is worth a moment to wait.
  bool has_room(std::unique_lock<std::mutex>& lock) {
    std::size_t active = 0;
    const bool thin = left.wait_for(lock, leave_within, [&] {
      active = forget_done();
      return stopping || connections.size() < 2 * std::size_t{limits.connections};
    });
    return thin && (active < limits.connections || make_room());
  }

  void take(UniqueFd fd) {
    std::unique_lock lock(mutex);
    const bool full = !has_room(lock);
    if (stopping) return;
    if (full) {
      count(Refusal::busy);
      const Response refusal = problem(503, "too many connections; ask again");
      static_cast<void>(send_all(fd.get(), head_of(refusal, false, always) + refusal.body, Clock::now()));
      return;
    }
    Connection& connection = connections.emplace_back();
    connection.fd = std::move(fd);
    connection.waiting = Clock::now().time_since_epoch().count();
    try {
      connection.thread = std::thread([this, &connection] { run(connection); });
    } catch (const std::system_error&) {  // no more threads
      count(Refusal::exhausted);
      connections.pop_back();
    }
  }

  /// Under `mutex`. Whose thread has not come to read what is there waits for us, not we for it: on a busy machine it
  /// would otherwise be the first to be sent away. Nothing more is read from one that is: what has been read just now,
  /// before its thread could say so, is answered still.
  bool make_room() {
    Connection* longest = nullptr;
    for (Connection& c : connections) {
      if (c.done || c.sent_away || c.waiting == 0) continue;
      const Turn turn = turn_of(c.fd.get());
      if (turn == Turn::over) {
        send_away(c, SHUT_RD);
        return true;
      }
      if (turn == Turn::peer && (longest == nullptr || c.waiting < longest->waiting)) longest = &c;
    }
    if (longest == nullptr) return false;
    count(Refusal::made_room);
    send_away(*longest, SHUT_RD);
    return true;
  }

  void run(Connection& connection) {
    pthread_setname_np(pthread_self(), is_unix ? "http-unix" : "http-tcp");
    try {
      serve(connection);
    } catch (const std::exception&) {
      count(Refusal::exhausted);  // out of memory for this one peer
    }
    const std::scoped_lock lock(mutex);
    connection.fd.reset();
    connection.done = true;
    left.notify_one();
  }

  [[nodiscard]] Deadline deadline() const { return Clock::now() + std::chrono::milliseconds{limits.wait_ms}; }

  void serve(Connection& connection) {
    const int fd = connection.fd.get();
    const std::optional<Peer> peer = is_unix ? peer_of(fd) : std::nullopt;
    RequestReader reader(limits.header_bytes, limits.body_bytes);
    while (!stopping) {
      connection.waiting = Clock::now().time_since_epoch().count();
      connection.answered = false;
      Taken taken = read_request(fd, reader);
      connection.answered = taken.gone;
      connection.waiting = 0;
      if (taken.gone) return;
      const bool whole = reader.state() == RequestReader::State::whole;
      const bool keep_alive = whole && reader.keep_alive();
      if (whole) ++requests;
      bool head_only = false;
      if (!taken.answer) {
        Request request = reader.take();
        head_only = request.method == "HEAD";
        taken.answer = handle(peer, std::move(request));
      } else if (whole) {
        static_cast<void>(reader.take());
      }
      connection.answered = true;
      if (!answer(fd, *taken.answer, keep_alive, head_only)) return;
      if (!whole) end(fd);
      if (!keep_alive) return;
    }
  }

  /// Either the peer is gone, or the request is turned away, or it is whole and in the reader.
  struct Taken {
    bool gone{false};
    std::optional<Response> answer;
  };
  /// One deadline until the first byte, one from there to the end.
  [[nodiscard]] Taken read_request(int fd, RequestReader& reader) {
    std::array<char, 16384> chunk{};
    bool began = reader.began();
    bool screened = false;
    Deadline until = deadline();
    auto state = reader.feed("");
    while (true) {
      if (!screened && reader.head() != nullptr) {
        screened = true;
        if (auto away = turned_away(*reader.head())) return {.gone = false, .answer = std::move(away)};
        // RFC 9110 §10.1.1: it waits for this before it sends the body.
        const bool waits = state == RequestReader::State::more && reader.expects_continue();
        if (waits && !send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n", until)) return {.gone = true, .answer = {}};
      }
      if (state == RequestReader::State::whole) return {};
      if (state == RequestReader::State::refused) return {.gone = false, .answer = refuse(reader.status())};
      const auto bytes = receive(fd, chunk, until);
      if (!bytes && began) return {.gone = false, .answer = refuse(408)};
      if (!bytes || bytes->empty()) return {.gone = true, .answer = {}};
      if (!began) until = deadline();
      began = true;
      state = reader.feed(*bytes);
    }
  }

  Response refuse(unsigned status) {
    count(refusal_of(status));
    return problem(status, why_refused(status));
  }

  /// By what a request says of itself, before its body is read.
  std::optional<Response> turned_away(const Request& head) {
    if (!is_unix && !is_loopback_host(head.host)) {
      count(Refusal::foreign_host);
      return problem(421, "this address serves loopback names only");
    }
    return screen ? guarded([&] { return screen(head); }) : std::nullopt;
  }

  template <class Call>
  static auto guarded(Call call) -> decltype(call()) {
    try {
      return call();
    } catch (const std::exception&) {
      return problem(500, "the answer could not be made");
    }
  }

  /// RFC 9110 §9.3.2: to HEAD what would be said of the body, without it.
  bool answer(int fd, const Response& response, bool keep_alive, bool head_only) {
    return send_all(fd, head_of(response, keep_alive, always) + (head_only ? std::string() : response.body),
                    deadline());
  }

  /// Closing with unread bytes would take the answer back from a TCP peer: what still comes is read and dropped.
  static void end(int fd) {
    std::array<char, 16384> chunk{};
    shutdown(fd, SHUT_WR);
    const Deadline until = Clock::now() + drain_for;
    for (std::size_t total = 0; total < drain_bytes_max;) {
      const auto bytes = receive(fd, chunk, until);
      if (!bytes || bytes->empty()) return;
      total += bytes->size();
    }
  }

  Response handle(const std::optional<Peer>& peer, Request request) {
    if (is_unix) {
      request.peer = peer;
      if (!request.peer) {
        count(Refusal::no_identity);
        return problem(403, "no peer credentials");
      }
    }
    return guarded([&] { return handler(request); });
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
void Server::serve() { impl_->start(); }
Result<Done> Server::listen_again() { return impl_->listen_again(); }
Server::~Server() { impl_->stop(); }
std::uint16_t Server::port() const { return impl_->port; }
ServerFigures Server::figures() const {
  ServerFigures figures{impl_->requests, {}};
  for (std::size_t i = 0; i < figures.refused.size(); ++i) figures.refused.at(i) = impl_->refused.at(i);
  return figures;
}

Result<std::unique_ptr<Server>> Server::on_unix(const std::string& path, Handler handler, ServerLimits limits,
                                                Headers always) {
  auto listener = listen_unix(path);
  if (!listener) return std::unexpected(listener.error());
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  impl->limits = limits;
  impl->always = std::move(always);
  impl->is_unix = true;
  impl->unlink_path = path;
  impl->listener = std::move(*listener);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<std::unique_ptr<Server>> Server::on_tcp(const std::string& address, Handler handler, ServerLimits limits,
                                               Screen screen) {
  auto listener = listen_tcp(address);
  if (!listener) return std::unexpected(listener.error());
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  impl->screen = std::move(screen);
  impl->limits = limits;
  impl->listener = std::move(listener->fd);
  impl->port = listener->port;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace aright::http
