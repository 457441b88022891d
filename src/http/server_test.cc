// Hostile clients on real sockets.
#include "http/server.h"

#include <arpa/inet.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/ubsan_fixture.h"
#include "base/unique_fd.h"
#include "http/socket.h"
#include "http/unix_client.h"

namespace aright::http {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view answer_begins = "\r\nContent-Type: ";

class HttpServer : public testing::Test {
 protected:
  HttpServer() {
    std::string name = (fs::temp_directory_path() / "aright-http-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    path_ = (dir_ / "sock").string();
  }
  ~HttpServer() override {
    server_.reset();
    fs::remove_all(dir_);
  }
  void serve_unix(ServerLimits limits = {}) {
    auto server =
        Server::on_unix(path_, [this](const Request& r) { return answer(r); }, limits, {{answers_header, "1"}});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->serve();
  }
  void serve_tcp(ServerLimits limits = {}, Screen screen = {}) {
    auto server =
        Server::on_tcp("127.0.0.1:0", [this](const Request& r) { return answer(r); }, limits, std::move(screen));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->serve();
  }
  std::uint64_t refused(Refusal why) const { return server_->figures().refused.at(static_cast<std::size_t>(why)); }
  Response answer(const Request& request) {
    if (request.path == "/throw") throw std::runtime_error("a handler of no luck");
    if (request.path == "/large") return {200, "text/plain", std::string(8U << 20U, 'x')};
    const std::scoped_lock lock(mutex_);
    seen_.push_back(request);
    return {200, "text/plain", request.method + " " + request.path + " " + std::to_string(request.body.size())};
  }
  std::vector<Request> seen() {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }
  UniqueFd connected() const {
    if (server_->port() != 0) {
      UniqueFd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(server_->port());
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      return fd;
    }
    UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static void say(const UniqueFd& fd, const std::string& text) {
    static_cast<void>(send_all(fd.get(), text, std::chrono::steady_clock::now() + 10s));
  }
  /// Everything until the server ends the connection.
  static std::string hear(const UniqueFd& fd) {
    std::string all;
    std::array<char, 65536> chunk{};
    while (true) {
      const auto bytes = receive(fd.get(), chunk, std::chrono::steady_clock::now() + 30s);
      EXPECT_TRUE(bytes) << "the connection was not ended";
      if (!bytes || bytes->empty()) return all;
      all += *bytes;
    }
  }
  std::string exchange(const std::string& text) const {
    const UniqueFd fd = connected();
    say(fd, text);
    shutdown(fd.get(), SHUT_WR);
    return hear(fd);
  }
  static std::size_t answers(const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find(answer_begins); at != std::string::npos; at = text.find(answer_begins, at + 1)) ++count;
    return count;
  }

  fs::path dir_;
  std::string path_;
  std::mutex mutex_;
  std::vector<Request> seen_;  ///< under `mutex_`
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, WhatTwoReadersCouldReadDifferentlyIsRefused) {
  serve_unix();
  const struct {
    std::string request;
    std::string status;
  } cases[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nxx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\nx", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"\x16\x03\x01\x02\x00\x01\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20000, 'x') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx", "413"},
  };
  for (const auto& c : cases) {
    const std::string said = exchange(c.request);
    EXPECT_TRUE(said.starts_with("HTTP/1.1 " + c.status)) << c.request.substr(0, 200) << "\n" << said;
    EXPECT_NE(said.find("application/problem+json"), std::string::npos);
    EXPECT_NE(said.find("\r\nAright-Version: 1\r\n"), std::string::npos) << "also what no handler has seen";
    EXPECT_EQ(answers(said), 1U);
  }
  EXPECT_TRUE(seen().empty());
  EXPECT_EQ(refused(Refusal::header_too_large), 1U);
  EXPECT_EQ(refused(Refusal::body_too_large), 1U);
  EXPECT_EQ(refused(Refusal::malformed), std::size(cases) - 2);
}

TEST_F(HttpServer, WhoWaitsToBeAskedForTheBodyIsAsked) {
  serve_unix();
  const UniqueFd client = connected();
  say(client, "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  std::array<char, 256> chunk{};
  const auto first =
      receive(client.get(), std::span(chunk).first(go_on.size()), std::chrono::steady_clock::now() + 30s);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, go_on);
  say(client, "abc");
  shutdown(client.get(), SHUT_WR);
  EXPECT_TRUE(hear(client).starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServer, PipelinesAndHalfClosesAreServed) {
  serve_unix();
  const std::string body = "POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde";
  const std::string plain = "GET /p HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string last = "GET /l HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + plain;
  const std::string said = exchange(body + plain + last);
  EXPECT_EQ(answers(said), 3U) << said;  // nothing after `close`
  EXPECT_NE(said.find("POST /c 5"), std::string::npos);
  EXPECT_NE(said.find("GET /l 0"), std::string::npos);
  EXPECT_EQ(answers(exchange(plain)), 1U);
  EXPECT_EQ(exchange("GET /half HTTP/1.1\r\nHo"), "");  // gone before it had asked
  const UniqueFd drop = connected();
  for (const char c : plain) say(drop, std::string(1, c));
  shutdown(drop.get(), SHUT_WR);
  EXPECT_EQ(answers(hear(drop)), 1U);
  const std::string head = exchange("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n");  // told of the body, and not given it
  EXPECT_TRUE(head.contains("\r\nContent-Length: 9\r\n") && head.ends_with("\r\n\r\n")) << head;
}

TEST_F(HttpServer, AnAbsoluteTargetIsNoPathOfOurs) {
  serve_tcp();
  exchange("GET http://127.0.0.1/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  ASSERT_EQ(seen().size(), 1U);
  EXPECT_EQ(seen()[0].path, "http://127.0.0.1/v1/status");
}

TEST_F(HttpServer, TcpServesLoopbackNamesOnly) {
  serve_tcp();
  for (const char* host : {"127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:7480", "[::1]:1", "127.9.9.9"}) {
    EXPECT_NE(exchange(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").find(" 200 "), std::string::npos)
        << host;
  }
  for (const char* host :
       {"evil.example", "127.0.0.1.evil.example", "localhost.evil", "127.0.0.1:80@evil",
        "127.0.0.1:", "localhost:99999", "[::1].evil", "[::2]", "0.0.0.0", "10.0.0.1", "", "127.1"}) {
    const std::string said = exchange(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
    EXPECT_NE(said.find(" 421 "), std::string::npos) << host << said;
  }
  EXPECT_EQ(refused(Refusal::foreign_host), 12U);
  const auto handler = [](const Request&) { return Response{}; };
  EXPECT_EQ(Server::on_tcp("0.0.0.0:0", handler).error().code, Errc::denied);
  EXPECT_EQ(Server::on_tcp("10.1.2.3:0", handler).error().code, Errc::denied);
  for (const char* bad : {"localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:8x", ":80"}) {
    EXPECT_EQ(Server::on_tcp(bad, handler).error().code, Errc::invalid) << bad;
  }
  EXPECT_TRUE(seen().size() == 6U);
}

TEST_F(HttpServer, AScreenTurnsAwayBeforeTheBodyIsRead) {
  const auto screen = [](const Request& head) -> std::optional<Response> {
    if (head.path == "/small" && head.body_bytes > 10) {
      return problem(413, "10 bytes \"at most\"", {{"Retry-After", "7"}, {"Allow", "POST"}});
    }
    if (head.path == "/throw") throw std::runtime_error("a screen of no luck");
    return std::nullopt;
  };
  serve_tcp({.body_bytes = 100}, screen);
  const auto post = [](const std::string& path, std::size_t announced, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(announced) +
           "\r\n\r\n" + body;
  };
  for (const std::size_t announced : {std::size_t{90}, std::size_t{5000}}) {  // within the server's limit, and beyond
    const std::string said = exchange(post("/small", announced, "x"));
    EXPECT_TRUE(said.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << said;
    EXPECT_NE(said.find("\r\nRetry-After: 7\r\nAllow: POST\r\n\r\n{"), std::string::npos) << said;
    EXPECT_NE(said.find(R"("detail":"10 bytes \"at most\"")"), std::string::npos) << said;
    EXPECT_NE(said.find("Connection: close"), std::string::npos);
  }
  EXPECT_EQ(refused(Refusal::body_too_large), 0U) << "the screen's answer, not the server's";
  const std::string both = post("/small", 11, std::string(11, 'x')) + post("/small", 10, std::string(10, 'y'));
  const std::string said = exchange(both);
  EXPECT_EQ(answers(said), 2U) << "a body that is there already does not end the connection\n" << said;
  EXPECT_NE(said.find("POST /small 10"), std::string::npos);
  EXPECT_TRUE(exchange(post("/throw", 1, "x")).starts_with("HTTP/1.1 500"));
  EXPECT_TRUE(exchange(post("/large-enough", 101, "x")).starts_with("HTTP/1.1 413"));
  EXPECT_EQ(refused(Refusal::body_too_large), 1U);
  EXPECT_EQ(seen().size(), 1U);
}

TEST_F(HttpServer, AForeignHostIsTurnedAwayBeforeTheScreen) {
  std::atomic<int> asked{0};
  serve_tcp({}, [&](const Request&) -> std::optional<Response> {
    ++asked;
    return std::nullopt;
  });
  EXPECT_TRUE(
      exchange("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\n").starts_with("HTTP/1.1 421"));
  EXPECT_EQ(asked, 0);
}

TEST_F(HttpServer, ADripOfBytesEndsAtTheDeadline) {
  serve_unix({.wait_ms = 300});
  const UniqueFd drip = connected();
  std::atomic<bool> stop{false};
  std::thread dripping([&] {
    say(drip, "GET / HTTP/1.1\r\nHost: a\r\n");
    while (!stop) {
      send(drip.get(), "X", 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(5ms);
    }
  });
  const std::string said = hear(drip);  // ends although bytes keep coming
  stop = true;
  dripping.join();
  EXPECT_TRUE(said.starts_with("HTTP/1.1 408")) << said;
  EXPECT_EQ(hear(connected()), "");  // one that never says anything is let go without a word
}

TEST_F(HttpServer, AClientThatTakesNoAnswerIsLetGo) {
  serve_unix({.connections = 1, .wait_ms = 300});
  const UniqueFd stuck = connected();
  say(stuck, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  pollfd waiting{stuck.get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 20'000), 1);  // it is being answered, so its slot cannot be taken
  const auto until = std::chrono::steady_clock::now() + 20s;
  std::size_t got = 0;
  while (got == 0 && std::chrono::steady_clock::now() < until) {  // 503 while its slot is taken
    const auto said = request_unix(path_, "GET", "/large", "", 20s);
    EXPECT_TRUE(!said || !said->headers.empty()) << said->status;
    if (said && said->status == 200) got = said->body.size();
  }
  EXPECT_EQ(got, 8U << 20U);
}

TEST_F(HttpServer, IdleClientsCannotLockEverybodyOut) {
  serve_unix({.connections = 8, .wait_ms = 600'000});
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(connected());
    say(idle.back(), "GET / HT");
    const auto said = request_unix(path_, "GET", "/x", "", 20s);
    ASSERT_TRUE(said) << i << " " << said.error().message;
    EXPECT_EQ(said->status, 200U) << i;
  }
  EXPECT_GE(refused(Refusal::made_room), 30U);
}

TEST_F(HttpServer, AThrowingHandlerAndAResetPeerHurtNobody) {
  serve_tcp();
  EXPECT_TRUE(
      exchange("GET /throw HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 500"));
  for (int i = 0; i < 20; ++i) {
    const UniqueFd fd = connected();
    say(fd, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const linger now{1, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);  // closing resets
  }
  EXPECT_EQ(answers(exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")), 1U);
}

TEST_F(HttpServer, WithoutDescriptorsItWaitsWithoutBurningAndGoesOn) {
  if (under_ubsan) GTEST_SKIP() << "skipped: UBSan's check of object types needs a descriptor of its own";
  serve_unix();
  std::vector<UniqueFd> waiting;
  waiting.push_back(connected());
  // Two more clients' own descriptors, then none for the server.
  const UniqueFd first{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const int connected_now = connect(first.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  timespec start{};
  timespec end{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  pollfd nothing{first.get(), POLLIN, 0};
  EXPECT_EQ(poll(&nothing, 1, 500), 0);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(connected_now, 0);
  const double used =
      static_cast<double>(end.tv_sec - start.tv_sec) + static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e9;
  EXPECT_LT(used, 0.25);  // of half a second; a spinning loop uses all of it
  say(first, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answers(hear(first)), 1U);
}

TEST_F(HttpServer, TheSocketIsNeverWiderThanItsGroup) {
  const mode_t before = umask(0);
  serve_unix();
  umask(before);
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
  const auto second = Server::on_unix(path_, [](const Request&) { return Response{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::denied);
  server_.reset();
  EXPECT_FALSE(fs::exists(path_));
  std::ofstream(path_) << "somebody's text";
  EXPECT_FALSE(Server::on_unix(path_, [](const Request&) { return Response{}; }));
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(HttpServer, KnowsThePeerAndItsGroupsAtTheTimeItConnected) {
  serve_unix();
  const pid_t child = fork();
  if (child == 0) {
    const std::array<gid_t, 2> groups{4321, 4322};
    if (geteuid() == 0 && setgroups(groups.size(), groups.data()) != 0) _exit(2);
    const UniqueFd fd = connected();
    if (geteuid() == 0) setgroups(0, nullptr);  // too late: what counts is the moment of connecting
    say(fd, "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    _exit(answers(hear(fd)) == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_EQ(seen().size(), 1U);
  EXPECT_EQ(seen()[0].peer->uid, geteuid());
  EXPECT_EQ(seen()[0].peer->pid, child);
  const std::vector<std::uint32_t> groups{4321, 4322};
  EXPECT_TRUE(geteuid() != 0 || seen()[0].peer->groups == groups);
}

}  // namespace
}  // namespace aright::http
