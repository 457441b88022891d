// Durable deliveries per second beside the bare server, and from the post to the end of what it started.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "bare.h"
#include "bare_intake.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "daemon.h"
#include "engine/turns.h"
#include "http/socket.h"
#include "load.h"
#include "parts.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;
constexpr unsigned deliveries = 400'000;  ///< more than any machine posts in the time
constexpr unsigned seconds = 4;
constexpr int samples = 300;
const std::string key = "a key of thirty-two bytes, no less";

Result<Done> write_webhook_config(const std::string& config, const std::string& secret) {
  std::error_code error;
  for (const char* part : {"controls", "workflows", "sources"}) {
    std::filesystem::create_directories(fmt::format("{}/{}", config, part), error);
    if (error) return fail(Errc::unavailable, config + ": " + error.message());
  }
  auto ok = write_file(secret, "whsec_" + base64(key) + "\n");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read, error);
  if (ok) ok = write_file(config + "/aright.yaml", "listen: 127.0.0.1:0\ntests: off\n");
  if (ok) {
    ok = write_file(config + "/sources/load.yaml",
                    fmt::format("source: load\nwebhook:\n  auth: standard-webhooks\n  secret: {{ file: {} }}\n"
                                "  trusted: [action, host]\nlog_source: {{ product: bench }}\n",
                                secret));
  }
  if (ok) {
    ok = write_file(config + "/controls/deleted.yml",
                    "title: Deleted\nid: 1f6f3a8e-4a55-4b1c-9d6e-0b8f6a0f5c11\nlogsource: { product: bench }\n"
                    "detection: { selection: { action: deleted }, condition: selection }\nlevel: high\n");
  }
  if (!ok) return ok;
  return write_file(config + "/workflows/react.yaml",
                    "workflow: react\nowner: bench\nanswers: [deleted]\nmode: auto\n"
                    "guards:\n  threshold: [{ runs: 1000000, within: 10m, per: workflow }]\n"
                    "steps: [{ exec: [/usr/bin/true] }]\n");
}

/// One connection that is kept, as a sender's is.
class Sender {
 public:
  static Result<Sender> connected(std::uint16_t port) {
    Sender sender;
    sender.fd_ = UniqueFd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(sender.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return sender;
    return std::unexpected(errno_error(errno, "connect"));
  }
  [[nodiscard]] Result<Done> post(int number) const {
    const std::string body = fmt::format(R"({{"action":"deleted","host":"h{}"}})", number);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string to_sign = fmt::format("one-{}.{}.{}", number, now.time_since_epoch().count(), body);
    const std::string request = fmt::format(
        "POST /hooks/load HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nwebhook-id: one-{}\r\n"
        "webhook-timestamp: {}\r\nwebhook-signature: v1,{}\r\n\r\n{}",
        body.size(), number, now.time_since_epoch().count(), base64(as_text(hmac_sha256(key, to_sign))), body);
    const auto until = Clock::now() + 10s;
    std::array<char, 4096> chunk{};
    if (!http::send_all(fd_.get(), request, until)) return fail(Errc::unavailable, "the daemon took no delivery");
    const auto said = http::receive(fd_.get(), chunk, until);  // an answer is one small segment
    if (said && said->starts_with("HTTP/1.1 200")) return Done{};
    return fail(Errc::invalid, "a delivery was not taken: " + (said ? std::string(*said) : said.error().message));
  }

 private:
  UniqueFd fd_;
};

struct Post {
  double answered_ms{0};
  double finished_ms{0};
};

/// The bare server that syncs before it answers; then the program between two synced records.
class BareAnswer {
 public:
  static Result<BareAnswer> open(const std::string& file) {
    BareAnswer bare;
    auto taken = GroupJournal::open(file);
    if (!taken) return std::unexpected(taken.error());
    bare.taken_ = std::move(*taken);
    auto server = bare_intake(bare.taken_.get());
    if (!server) return std::unexpected(server.error());
    bare.server_ = std::move(*server);
    auto records = BareJournal::open(file + "-records");
    if (!records) return std::unexpected(records.error());
    bare.records_ = std::move(*records);
    auto sender = Sender::connected(bare.server_->port());
    if (!sender) return std::unexpected(sender.error());
    bare.sender_ = std::move(*sender);
    return bare;
  }
  Result<Post> once(int number) {
    const auto begin = Clock::now();
    if (auto ok = sender_.post(number); !ok) return std::unexpected(ok.error());
    const double answered = seconds_since(begin) * 1e3;
    auto ok = records_.append();
    if (ok) ok = bare_run("/usr/bin/true", "host");
    if (ok) ok = records_.append();
    if (!ok) return std::unexpected(ok.error());
    return Post{answered, seconds_since(begin) * 1e3};
  }

 private:
  std::unique_ptr<GroupJournal> taken_;
  std::unique_ptr<http::Server> server_;
  BareJournal records_;
  Sender sender_;
};

void tell_posts(const std::vector<Post>& daemon, const std::vector<Post>& bare, Report& report) {
  const auto of = [](const std::vector<Post>& posts, double Post::* what) {
    std::vector<double> all;
    for (const Post& post : posts) all.push_back(post.*what);
    return all;
  };
  for (const auto& [what, series, barely] :
       {std::tuple("post -> durable 200", &Post::answered_ms, "bare server, append and fdatasync"),
        std::tuple("post -> finished exec, durable", &Post::finished_ms,
                   "bare server, the program, 2 synced appends")}) {
    for (const double q : {0.5, 0.99}) {
      report.add({.name = fmt::format("{}, p{:.0f}", what, q * 100),
                  .figure = quantile(of(daemon, series), q),
                  .unit = "ms",
                  .target = {},
                  .yardstick = Yardstick{barely, quantile(of(bare, series), q)},
                  .note = {}});
    }
  }
}

/// Daemon and bare server in turn.
Result<Done> measure_latency_of_posts(std::uint16_t port, const std::string& bare_file, Outcomes& outcomes,
                                      Report& report) {
  auto sender = Sender::connected(port);
  if (!sender) return std::unexpected(sender.error());
  auto bare = BareAnswer::open(bare_file);
  if (!bare) return std::unexpected(bare.error());
  std::vector<Post> of_daemon;
  std::vector<Post> of_bare;
  for (int i = 0; i < samples + 20; ++i) {
    auto last = outcomes.newest();
    if (!last) return std::unexpected(last.error());
    const auto begin = Clock::now();
    if (auto ok = sender->post(i); !ok) return ok;
    const double answer = seconds_since(begin) * 1e3;
    if (auto ok = outcomes.wait_succeeded(*last + 1, 40us); !ok) return ok;
    const double finished = seconds_since(begin) * 1e3;
    std::this_thread::sleep_for(5ms);
    auto barely = bare->once(i);
    if (!barely) return std::unexpected(barely.error());
    std::this_thread::sleep_for(5ms);
    if (i < 20) continue;  // first touches are not what is measured
    of_daemon.push_back({answer, finished});
    of_bare.push_back(*barely);
  }
  tell_posts(of_daemon, of_bare, report);
  return Done{};
}

Result<Pressed> press_bare(const Load& like, GroupJournal* journal) {
  auto server = bare_intake(journal);
  if (!server) return std::unexpected(server.error());
  Load load = like;
  load.port = (*server)->port();
  if (journal == nullptr) load.seconds = 1;  // it would use up the deliveries
  return press(load);
}

/// Sender after sender: the daemon and both bare servers in turn, so that they see the same machine.
Result<Done> measure_crowds(const Setting& setting, Load load, Report& report) {
  auto journal = GroupJournal::open(setting.place.path() + "/bare-intake");
  if (!journal) return std::unexpected(journal.error());
  for (const unsigned connections : {1U, 16U, 64U}) {
    load.connections = connections < 2 ? 2 : connections;  // wrk has two threads
    load.deliveries = fmt::format("{}/deliveries-{}", setting.place.path(), connections);
    if (auto ok = write_deliveries(load.deliveries, key, fmt::format("c{}", connections), deliveries); !ok) return ok;
    const auto ours = press(load);
    if (!ours) return std::unexpected(ours.error());
    const auto synced = press_bare(load, journal->get());
    if (!synced) return std::unexpected(synced.error());
    const auto at_once = press_bare(load, nullptr);
    if (!at_once) return std::unexpected(at_once.error());
    report.add({.name = fmt::format("durable webhook posts, {} connections", load.connections),
                .figure = ours->per_second,
                .unit = "1/s",
                .target = {},
                .yardstick = Yardstick{"bare server, append and group fdatasync", synced->per_second},
                .note = fmt::format("p50 {:.2f} ms, p99 {:.2f} ms; the bare server that keeps nothing: {:.0f}/s",
                                    ours->p50_ms, ours->p99_ms, at_once->per_second)});
  }
  return Done{};
}

constexpr int burst_posts = 2000;
constexpr int burst_senders = 16;

/// Each sender posts its share, one after the other. Seconds until the last was acknowledged.
Result<double> post_all(std::uint16_t port) {
  std::vector<std::future<Result<Done>>> senders;
  const auto begin = Clock::now();
  for (int s = 0; s < burst_senders; ++s) {
    senders.push_back(std::async(std::launch::async, [port, s]() -> Result<Done> {
      auto sender = Sender::connected(port);
      if (!sender) return std::unexpected(sender.error());
      for (int i = s; i < burst_posts; i += burst_senders) {
        if (auto ok = sender->post(i); !ok) return ok;
      }
      return Done{};
    }));
  }
  for (auto& sender : senders) {
    if (auto ok = sender.get(); !ok) return std::unexpected(ok.error());
  }
  return seconds_since(begin);
}

/// Looks every 20 ms how many processes it has. More would slow down what is measured.
class Crowd {
 public:
  explicit Crowd(int pid)
      : looking_([this, pid](const std::stop_token& over) {
          while (!over.stop_requested()) {
            most_ = std::max(most_, children_of(pid));
            std::this_thread::sleep_for(20ms);
          }
        }) {}
  [[nodiscard]] std::size_t most() {
    looking_.request_stop();
    if (looking_.joinable()) looking_.join();
    return most_;
  }

 private:
  std::size_t most_{0};
  std::jthread looking_;
};

/// The same programs, as many at a time as the daemon may run, and nothing else.
Result<double> bare_programs(const std::string& log) {
  constexpr int at_once = engine::errands_at_once;
  static_assert(burst_posts % at_once == 0);
  std::vector<std::future<Result<Done>>> starters;
  const auto begin = Clock::now();
  for (int s = 0; s < at_once; ++s) {
    starters.push_back(std::async(std::launch::async, [&log]() -> Result<Done> {
      for (int i = 0; i < burst_posts / at_once; ++i) {
        if (auto ok = run_program({"/usr/bin/true"}, log); !ok) return std::unexpected(ok.error());
      }
      return Done{};
    }));
  }
  for (auto& starter : starters) {
    if (auto ok = starter.get(); !ok) return std::unexpected(ok.error());
  }
  return seconds_since(begin);
}

/// A daemon that hears webhooks, with folders of its own called after `name`.
Result<Daemon::Where> place_of(const Setting& setting, std::string_view name) {
  auto config = setting.place.folder(fmt::format("{}-config", name));
  if (!config) return std::unexpected(config.error());
  const std::string start = fmt::format("{}/{}", setting.place.path(), name);
  if (auto ok = write_webhook_config(*config, start + "-key"); !ok) return std::unexpected(ok.error());
  return Daemon::Where{setting.binary, *config, start + "-state", {}, start + "-daemon.log", true};
}

}  // namespace

Result<Done> measure_burst(const Setting& setting, Report& report) {
  auto where = place_of(setting, "burst");
  if (!where) return std::unexpected(where.error());
  auto daemon = Daemon::start(*where);
  if (!daemon) return std::unexpected(daemon.error());
  auto outcomes = Outcomes::open(where->state);
  if (!outcomes) return std::unexpected(outcomes.error());
  report.heading(fmt::format("{} webhook posts, {} at a time, each answered by a program", burst_posts, burst_senders));
  Crowd crowd(daemon->pid());
  const auto begin = Clock::now();
  auto posted = post_all(daemon->port());
  if (!posted) return std::unexpected(posted.error());
  if (auto ok = outcomes->wait_all(0, burst_posts, 20ms); !ok) return ok;
  const double seconds = seconds_since(begin);
  auto runs = outcomes->newest();
  if (!runs) return std::unexpected(runs.error());
  auto succeeded = outcomes->ended_as("succeeded", 0);
  if (!succeeded) return std::unexpected(succeeded.error());
  if (*runs != burst_posts || *succeeded != burst_posts) {
    return fail(Errc::invalid,
                fmt::format("{} posts, but {} runs, {} of which succeeded", burst_posts, *runs, *succeeded));
  }
  const std::size_t most = crowd.most();
  // One whose end is not yet taken up beside one that has begun: who looks sees up to two for each.
  if (most == 0 || most > 2 * engine::errands_at_once) {
    return fail(Errc::invalid, fmt::format("{} programs were seen at once, {} may run", most, engine::errands_at_once));
  }
  auto bare = bare_programs(where->log);
  if (!bare) return std::unexpected(bare.error());
  report.add(
      {.name = "all posted and every program ended, durable",
       .figure = seconds,
       .unit = "s",
       .target = Target{1.3, Better::lower},
       .yardstick = Yardstick{fmt::format("the bare programs, {} at a time", engine::errands_at_once), *bare},
       .note = fmt::format("all acknowledged after {:.2f} s; {} runs, each post has one; at most {} programs at once",
                           *posted, *runs, most)});
  return daemon->stop();
}

Result<Done> measure_webhooks(const Setting& setting, Report& report) {
  auto where = place_of(setting, "webhook");
  if (!where) return std::unexpected(where.error());
  auto daemon = Daemon::start(*where);
  if (!daemon) return std::unexpected(daemon.error());
  auto outcomes = Outcomes::open(where->state);
  if (!outcomes) return std::unexpected(outcomes.error());
  report.heading("webhooks, signed as Standard Webhooks says");
  if (auto ok = measure_latency_of_posts(daemon->port(), setting.place.path() + "/bare-posts", *outcomes, report); !ok)
    return ok;
  const Load load{.port = daemon->port(),
                  .path = "/hooks/load",
                  .script = setting.script,
                  .deliveries = {},
                  .connections = 0,
                  .seconds = seconds,
                  .log = setting.place.path() + "/wrk.log"};
  if (auto ok = measure_crowds(setting, load, report); !ok) return ok;
  return daemon->stop();
}

}  // namespace aright::bench
