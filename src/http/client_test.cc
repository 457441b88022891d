// Real servers on loopback: plain and TLS, well and badly behaved.
#include "http/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "http/answering_server_fixture.h"

namespace aright::http {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class HttpClient : public testing::Test {
 protected:
  HttpClient() {
    std::signal(SIGPIPE, SIG_IGN);
    auto client = Client::create([this](const std::string& host, Nanos) -> Result<std::vector<Ip>> {
      ++resolved_;
      const auto known = names_.find(host);
      if (known == names_.end()) return fail(Errc::not_found, "host " + host + ": not known");
      return known->second;
    });
    client_ = std::move(*client);
    std::string name = (fs::temp_directory_path() / "aright-client-XXXXXX").string();
    dir_ = mkdtemp(name.data());
  }
  ~HttpClient() override { fs::remove_all(dir_); }

  Result<Answer> ask(const std::string& url, const std::function<void(Outgoing&)>& change = {}) {
    Outgoing request;
    auto parsed = parse_url(url);
    if (!parsed) return std::unexpected(parsed.error());
    request.url = *parsed;
    if (change) change(request);
    return client_->send(destinations_, request);
  }
  void allow(const AnsweringServer& server, const std::string& ca = {}) {
    Destination address{.host = {},
                        .network = parse_cidr("127.0.0.1/32").value(),
                        .ports = {server.port()},
                        .networks = {},
                        .plain = false,
                        .ca_file = ca};
    Destination name = address;
    name.network.reset();
    name.networks = {parse_cidr("127.0.0.0/8").value()};
    for (const char* host : {"localhost", "other.test"}) {
      name.host = host;
      destinations_.push_back(name);
      names_[host] = {*parse_ip("127.0.0.1")};
    }
    destinations_.push_back(address);
  }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }

  fs::path dir_;
  Destinations destinations_;
  std::map<std::string, std::vector<Ip>> names_;
  int resolved_{0};
  std::unique_ptr<Client> client_;
};

void answer_ok(const AnsweringServer::Line& line, const std::string&) { line.send(answer_text(201, "{\"a\":1}")); }

TEST_F(HttpClient, SendsExactlyWhatItWasGiven) {
  AnsweringServer server(answer_ok);
  allow(server);
  const auto answer = ask(server.url() + "/a%20b/..x?c=%26", [](Outgoing& r) {
    r.method = "PATCH";
    r.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"Idempotency-Key", "r1-0"}};
    r.body = "{\"x\":\"\xc3\xa4\"}";
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_EQ(answer->total, 7U);
  EXPECT_EQ(answer->cut, Cut::none);
  EXPECT_EQ(answer->from.text(), "127.0.0.1");
  EXPECT_EQ(server.requests().at(0),
            fmt::format("PATCH /a%20b/..x?c=%26 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: */*\r\n"
                        "Content-Type: application/json\r\nX-Empty:\r\nIdempotency-Key: r1-0\r\nUser-Agent: "
                        "aright/" ARIGHT_VERSION "\r\nContent-Length: 10\r\n\r\n{{\"x\":\"\xc3\xa4\"}}",
                        server.port()));
}

TEST_F(HttpClient, MethodsWithAndWithoutABody) {
  AnsweringServer server([](const auto& line, const std::string& request) {
    line.send(request.starts_with("HEAD") ? "HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n" : answer_text(200, "x"));
  });
  allow(server);
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
    const auto answer = ask(server.url(), [&](Outgoing& r) { r.method = method; });
    ASSERT_TRUE(answer) << method << answer.error().message;
    EXPECT_EQ(answer->cut, Cut::none) << method << answer->trouble;
    const std::string sent = server.requests().back();
    EXPECT_TRUE(sent.starts_with(method + " / HTTP/1.1\r\n")) << sent;
    EXPECT_EQ(sent.contains("Content-Length: 0"), method == "POST" || method == "PUT") << sent;
    EXPECT_FALSE(sent.contains("Content-Type")) << sent;
  }
}

TEST_F(HttpClient, BadRequestsAreNeverSent) {
  AnsweringServer server(answer_ok);
  allow(server);
  const std::vector<std::function<void(Outgoing&)>> bad{
      [](Outgoing& r) { r.method = "TRACE"; },
      [](Outgoing& r) { r.method = "GET X"; },
      [](Outgoing& r) { r.headers = {{"X", "a\r\nY: b"}}; },
      [](Outgoing& r) { r.headers = {{"X", std::string("a\0b", 3)}}; },
      [](Outgoing& r) { r.headers = {{"X", " a"}}; },
      [](Outgoing& r) { r.headers = {{"X Y", "a"}}; },
      [](Outgoing& r) { r.headers = {{"X:", "a"}}; },
      [](Outgoing& r) { r.headers = {{"", "a"}}; },
      [](Outgoing& r) { r.headers = {{"host", "a"}}; },
      [](Outgoing& r) { r.headers = {{"Content-length", "1"}}; },
      [](Outgoing& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; },
      [](Outgoing& r) { r.headers = {{"X", std::string(sent_header_bytes_max, 'a')}}; },
      [](Outgoing& r) { r.headers.assign(sent_headers_max + 1, {"X", "a"}); },
      [](Outgoing& r) { r.body = "a"; },
      [](Outgoing& r) { r.method = "POST", r.body.assign(sent_body_bytes_max + 1, 'a'); },
      [](Outgoing& r) { r.time_limit = Nanos{0}; }};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto answer = ask(server.url(), bad[i]);
    ASSERT_FALSE(answer) << i;
    EXPECT_EQ(answer.error().code, Errc::invalid) << i;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClient, RedirectsAreAnAnswerAndNotFollowed) {
  AnsweringServer other(answer_ok);
  AnsweringServer server([&](const auto& line, const std::string&) {
    line.send(answer_text(302, "", "Location: " + other.url() + "/\r\n"));
  });
  allow(server);
  allow(other);
  const auto answer = ask(server.url());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(HttpClient, NoProxyOfTheEnvironment) {
  AnsweringServer proxy(answer_ok);
  AnsweringServer server(answer_ok);
  allow(server);
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) {
    setenv(name, proxy.url().c_str(), 1);
  }
  const auto answer = ask(server.url());
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) unsetenv(name);
  EXPECT_TRUE(answer);
  EXPECT_EQ(proxy.connections(), 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClient, ANameIsAskedForOnceAndThatAddressIsConnectedTo) {
  AnsweringServer server(answer_ok);
  allow(server);
  destinations_.push_back(
      {.host = "rebind.test", .network = {}, .ports = {server.port()}, .networks = {}, .plain = true, .ca_file = {}});
  // Public when it is judged, ours when it is connected to: the second answer is never asked for.
  int asked = 0;
  const auto client = Client::create([&](const std::string&, Nanos) -> Result<std::vector<Ip>> {
    return std::vector<Ip>{*parse_ip(asked++ == 0 ? "192.88.98.1" : "127.0.0.1")};
  });
  Outgoing request;
  request.url = *parse_url(server.url("rebind.test"));
  request.connect_limit = 200ms;
  const auto answer = (*client)->send(destinations_, request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(server.connections(), 0);
  const auto second = (*client)->send(destinations_, request);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::denied);
  EXPECT_TRUE(second.error().message.contains("127.0.0.1, which is loopback")) << second.error().message;
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClient, ANameOfWhichOneAddressIsNotMeantIsNotCalled) {
  AnsweringServer server(answer_ok);
  allow(server);
  names_["localhost"] = {*parse_ip("127.0.0.1"), *parse_ip("169.254.169.254")};
  const auto answer = ask(server.url("localhost"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::denied);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClient, TlsIsVerified) {
  const TestIdentity authority = make_identity({.name = "Test authority", .authority = true});
  const TestIdentity stranger = make_identity({.name = "Strange authority", .authority = true});
  const TestIdentity good = make_identity({}, &authority);
  const TestIdentity expired = make_identity({.begins = -7200, .ends = -3600}, &authority);
  const TestIdentity early = make_identity({.begins = 3600, .ends = 7200}, &authority);
  const TestIdentity wrong = make_identity({.alternatives = "DNS:elsewhere.test,IP:192.0.2.1"}, &authority);
  const TestIdentity unnamed = make_identity({.name = "elsewhere", .alternatives = ""}, &authority);
  const TestIdentity by_stranger = make_identity({}, &stranger);
  const TestIdentity by_itself = make_identity({});
  const std::string ca = file("ca.pem", authority.pem());
  struct Case {
    const TestIdentity* identity;
    std::string host, words;  // words: empty where it is in order
  };
  for (const Case& c : std::initializer_list<Case>{{&good, "localhost", ""},
                                                   {&good, "127.0.0.1", ""},
                                                   {&good, "other.test", "no alternative certificate subject name"},
                                                   {&wrong, "localhost", "no alternative certificate subject name"},
                                                   {&wrong, "127.0.0.1", "no alternative certificate subject name"},
                                                   {&unnamed, "localhost", "does not match target host name"},
                                                   {&expired, "localhost", "expired"},
                                                   {&early, "localhost", "not yet valid"},
                                                   {&by_stranger, "localhost", "unable to get local issuer"},
                                                   {&by_itself, "localhost", "self"}}) {
    AnsweringServer server(answer_ok, c.identity);
    destinations_.clear();
    allow(server, ca);
    const auto answer = ask(server.url(c.host), [](Outgoing& r) { r.method = "POST"; });
    EXPECT_EQ(answer.has_value(), c.words.empty()) << c.host << (answer ? "" : answer.error().message);
    EXPECT_EQ(server.requests().size(), c.words.empty() ? 1U : 0U);
    if (answer) continue;
    EXPECT_EQ(answer.error().code, Errc::denied) << answer.error().message;
    EXPECT_TRUE(answer.error().message.contains(c.words)) << c.words << ": " << answer.error().message;
  }
  AnsweringServer server(answer_ok, &good);
  destinations_.clear();
  allow(server);  // with the system's authorities, which do not know ours
  EXPECT_EQ(ask(server.url("localhost")).error().code, Errc::denied);
  destinations_.clear();
  allow(server, (dir_ / "none.pem").string());
  EXPECT_EQ(ask(server.url("localhost")).error().code, Errc::denied);
}

TEST_F(HttpClient, ACaFileReplacesTheSystemsAuthorities) {
  const TestIdentity authority = make_identity({.name = "Test authority", .authority = true});
  const TestIdentity other = make_identity({.name = "Other authority", .authority = true});
  const TestIdentity good = make_identity({}, &authority);
  AnsweringServer server(answer_ok, &good);
  allow(server, file("other.pem", other.pem()));
  EXPECT_EQ(ask(server.url("localhost")).error().code, Errc::denied);
}

TEST_F(HttpClient, PlainWhereTlsIsMeantIsNoConnection) {
  AnsweringServer server(answer_ok);
  allow(server);
  const auto answer =
      ask("https://127.0.0.1:" + std::to_string(server.port()), [](Outgoing& r) { r.connect_limit = 300ms; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
}

TEST_F(HttpClient, NothingListensThere) {
  std::uint16_t port = 0;
  {
    const AnsweringServer gone(answer_ok);
    allow(gone);
    port = gone.port();
  }
  const auto answer = ask("http://127.0.0.1:" + std::to_string(port));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
  EXPECT_EQ(answer.error().retry, Retry::yes);
}

TEST_F(HttpClient, ASlowServerIsNotWaitedForBeyondTheLimit) {
  AnsweringServer server([](const auto& line, const std::string&) { line.wait_for_end(); });
  allow(server);
  const auto answer = ask(server.url(), [](Outgoing& r) { r.time_limit = 200ms; });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->cut, Cut::time_limit);
  EXPECT_EQ(answer->status, 0);
  EXPECT_GE(answer->elapsed, 190ms);
}

TEST_F(HttpClient, ADripIsNotWaitedForBeyondTheLimit) {
  AnsweringServer server([](const auto& line, const std::string&) {
    line.send("HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 2000 && line.send("x"); ++i) std::this_thread::sleep_for(5ms);
  });
  allow(server);
  const auto answer = ask(server.url(), [](Outgoing& r) { r.time_limit = 300ms; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cut, Cut::time_limit);
  EXPECT_EQ(answer->status, 200);
}

TEST_F(HttpClient, AnEndlessAnswerIsCut) {
  AnsweringServer server([](const auto& line, const std::string&) {
    line.send("HTTP/1.1 200 X\r\nConnection: close\r\n\r\n");
    const std::string much(1U << 16U, 'x');
    while (line.send(much)) {
    }
  });
  allow(server);
  const auto answer = ask(server.url(), [](Outgoing& r) { r.kept_max = 100; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cut, Cut::too_long);
  EXPECT_EQ(answer->body.size(), 100U);
  EXPECT_GT(answer->total, answer_bytes_max);
}

TEST_F(HttpClient, EndlessHeadersAreCut) {
  AnsweringServer server([](const auto& line, const std::string&) {
    line.send("HTTP/1.1 200 X\r\n");
    const std::string header = "X-Y: " + std::string(1000, 'y') + "\r\n";
    while (line.send(header)) {
    }
  });
  allow(server);
  const auto answer = ask(server.url());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->cut, Cut::too_long);
}

TEST_F(HttpClient, WhatIsBeyondTheKeptIsCounted) {
  AnsweringServer server(
      [](const auto& line, const std::string&) { line.send(answer_text(200, std::string(5000, 'z'))); });
  allow(server);
  const auto answer = ask(server.url(), [](Outgoing& r) { r.kept_max = 10; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cut, Cut::none);
  EXPECT_EQ(answer->body, "zzzzzzzzzz");
  EXPECT_EQ(answer->total, 5000U);
}

TEST_F(HttpClient, AConnectionThatBreaksLeavesItUnknown) {
  for (const std::string said : {"", "HTTP/1.1 2", "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf", "what?\r\n\r\n",
                                 "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nhalf"}) {
    AnsweringServer server([&](const auto& line, const std::string&) { line.send(said); });
    destinations_.clear();
    allow(server);
    const auto answer = ask(server.url(), [](Outgoing& r) { r.method = "POST"; });
    ASSERT_TRUE(answer) << said << answer.error().message;
    EXPECT_EQ(answer->cut, Cut::lost) << said;
    EXPECT_FALSE(answer->trouble.empty());
    EXPECT_EQ(server.connections(), 1) << "never tried again by itself";
  }
}

TEST_F(HttpClient, AStopEndsWhatIsUnderWayAndWhatComes) {
  AnsweringServer server([this](const auto& line, const std::string&) {
    client_->stop();
    line.wait_for_end();
  });
  allow(server);
  const auto answer = ask(server.url());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->cut, Cut::stopped);
  const auto later = ask(server.url());
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::paused);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClient, WhatMayNotBeSentAnyMoreIsNotSent) {
  AnsweringServer server(answer_ok);
  allow(server);
  Outgoing request;
  request.method = "POST";
  request.body = "x";
  request.url = *parse_url(server.url("localhost"));
  bool may = false;
  int asked = 0;
  int resolved_before = -1;
  const auto may_send = [&] {
    ++asked;
    resolved_before = resolved_;
    return may;
  };
  const auto withheld = client_->send(destinations_, request, may_send);
  ASSERT_FALSE(withheld);
  EXPECT_EQ(withheld.error().code, Errc::paused);
  EXPECT_EQ(resolved_before, 1) << "asked when its address is known";
  EXPECT_TRUE(server.requests().empty());
  may = true;
  const auto sent = client_->send(destinations_, request, may_send);
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(asked, 2);
}

TEST_F(HttpClient, TheSystemResolvesWithinTheTime) {
  const auto local = resolve_by_system("localhost", 10s);
  ASSERT_TRUE(local) << local.error().message;
  for (const Ip& ip : *local) EXPECT_TRUE(ip.is_loopback()) << ip.text();
  EXPECT_FALSE(resolve_by_system("no-such-host.invalid", 10s));
}

}  // namespace
}  // namespace aright::http
