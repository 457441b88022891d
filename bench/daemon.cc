#include "daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

#include "workplace.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;
constexpr auto wait_max = 30s;

struct Child {
  int pid{-1};
  UniqueFd output;
};

/// No shell, no environment, no inherited descriptors but the three.
Result<Child> spawn(const std::vector<std::string>& argv, const std::string& log) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(errno_error(errno, "pipe"));
  Child child;
  child.output = UniqueFd{ends[0]};
  const UniqueFd written{ends[1]};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, written.get(), 1);
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  std::vector<std::string> words = argv;
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  const int failed = posix_spawn(&child.pid, raw.front(), &actions, nullptr, raw.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::unexpected(errno_error(failed, argv.front()));
  return child;
}

/// Reads until `until` is in the text (empty: to the end).
Result<std::string> read_until(int fd, std::string_view until) {
  std::string text;
  const auto stop_at = Clock::now() + wait_max;
  while (until.empty() || text.find(until) == std::string::npos) {
    pollfd waiting{fd, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(stop_at - Clock::now());
    if (left <= 0ms || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
      return fail(Errc::timeout, "the program said nothing for 30 s");
    }
    std::array<char, 4096> chunk{};
    const ssize_t count = read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  if (!until.empty() && text.find(until) == std::string::npos) {
    return fail(Errc::invalid, "the program ended early; it said: " + text);
  }
  return text;
}

Result<rusage> reap(int pid) {
  int status = 0;
  rusage used{};
  while (wait4(pid, &status, 0, &used) < 0) {
    if (errno != EINTR) return std::unexpected(errno_error(errno, "wait4"));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Errc::invalid, fmt::format("process {} ended with status 0x{:x}", pid, status));
  }
  return used;
}

}  // namespace

Result<Finished> run_program(const std::vector<std::string>& argv, const std::string& log) {
  const auto begin = Clock::now();
  auto child = spawn(argv, log);
  if (!child) return std::unexpected(child.error());
  auto text = read_until(child->output.get(), {});
  auto used = reap(child->pid);
  if (!text) return std::unexpected(text.error());
  if (!used) {  // the log goes with the workplace
    return fail(Errc::invalid,
                fmt::format("{}: {}\n{}{}", argv.front(), used.error().message, *text, read_file(log).value_or("")));
  }
  return Finished{std::move(*text), seconds_since(begin), static_cast<double>(used->ru_maxrss) / 1024};
}

Result<Daemon> Daemon::start(const Where& where) {
  std::vector<std::string> argv{where.binary, "serve", "--config", where.config, "--state", where.state};
  if (!where.root.empty()) argv.insert(argv.end(), {"--root", where.root});
  const auto begin = Clock::now();
  auto child = spawn(argv, where.log);
  if (!child) return std::unexpected(child.error());
  Daemon daemon;
  daemon.pid_ = child->pid;
  daemon.output_ = std::move(child->output);
  constexpr std::string_view before_port = "listening on port ";
  auto text = read_until(daemon.output_.get(), where.listens ? before_port : "ready");
  if (!text) {
    const std::string logged = read_file(where.log).value_or("");
    return fail(text.error().code, fmt::format("the daemon did not get ready: {}\n{}", text.error().message, logged));
  }
  daemon.ready_s_ = seconds_since(begin);
  if (where.listens) {
    std::string port = text->substr(text->find(before_port) + before_port.size());
    if (!port.contains(' ')) port += read_until(daemon.output_.get(), " ").value_or("");
    std::from_chars(port.data(), port.data() + port.size(), daemon.port_);
  }
  return daemon;
}

Daemon::Daemon(Daemon&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      port_(other.port_),
      ready_s_(other.ready_s_),
      output_(std::move(other.output_)) {}

Daemon::~Daemon() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Result<Done> Daemon::stop() {
  const int pid = std::exchange(pid_, -1);
  kill(pid, SIGTERM);
  auto used = reap(pid);
  if (!used) return fail(Errc::invalid, "the daemon: " + used.error().message);
  return Done{};
}

Result<Outcomes> Outcomes::open(const std::string& state) {
  auto database = store::Database::open(state + "/aright.db", store::Database::Access::read_only);
  if (!database) return std::unexpected(database.error());
  Outcomes outcomes;
  outcomes.database_ = std::move(*database);
  for (const auto& [into, sql] : {std::pair(&outcomes.newest_, "SELECT coalesce(max(id),0) FROM run"),
                                  std::pair(&outcomes.open_, "SELECT count(*) FROM run WHERE open=1"),
                                  std::pair(&outcomes.one_, "SELECT open,doc FROM run WHERE id=printf('%012d',?)")}) {
    auto statement = outcomes.database_.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    *into = std::move(*statement);
  }
  return outcomes;
}

namespace {
Result<std::uint64_t> only_number(store::Statement& statement) {
  auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  const std::uint64_t found = *row ? statement.number(0) : 0;
  statement.reset();
  return found;
}
}  // namespace

Result<std::uint64_t> Outcomes::newest() { return only_number(newest_); }
Result<std::uint64_t> Outcomes::open_runs() { return only_number(open_); }

Result<std::uint64_t> Outcomes::ended_as(const std::string& state, std::uint64_t run) {
  return database_.number(fmt::format(
      "SELECT count(*) FROM run WHERE id>printf('%012d',{}) AND open=0 AND json_extract(doc,'$.state')='{}'", run,
      state));
}

Result<Done> Outcomes::wait_succeeded(std::uint64_t run, std::chrono::microseconds interval) {
  const auto stop_at = Clock::now() + 20s;
  while (Clock::now() < stop_at) {
    auto row = one_.bind(1, run).step();
    if (!row) return std::unexpected(row.error());
    const bool ended = *row && one_.number(0) == 0;
    const std::string doc = ended ? one_.text(1) : std::string();
    one_.reset();
    if (ended && doc.find(R"("state":"succeeded")") == std::string::npos) {
      return fail(Errc::invalid, "a run ended otherwise: " + doc);
    }
    if (ended) return Done{};
    std::this_thread::sleep_for(interval);
  }
  return fail(Errc::timeout, fmt::format("run {} did not end within 20 s", run));
}

Result<Done> Outcomes::wait_intended(std::uint64_t run, std::chrono::microseconds interval) {
  const auto stop_at = Clock::now() + 20s;
  while (Clock::now() < stop_at) {
    auto row = one_.bind(1, run).step();
    if (!row) return std::unexpected(row.error());
    const std::string doc = *row ? one_.text(1) : std::string();
    one_.reset();
    for (const char* state : {R"("state":"intended")", R"("state":"verified")"}) {
      if (doc.contains(state)) return Done{};
    }
    std::this_thread::sleep_for(interval);
  }
  return fail(Errc::timeout, fmt::format("run {} announced nothing within 20 s", run));
}

Result<Done> Outcomes::wait_all(std::uint64_t run, std::uint64_t count, std::chrono::microseconds interval) {
  const auto stop_at = Clock::now() + 60s;
  while (Clock::now() < stop_at) {
    auto last = newest();
    if (!last) return std::unexpected(last.error());
    if (*last >= run + count) {
      auto left = open_runs();
      if (!left) return std::unexpected(left.error());
      if (*left == 0) return Done{};
    }
    std::this_thread::sleep_for(interval);
  }
  return fail(Errc::timeout, fmt::format("{} runs did not end within 60 s", count));
}

}  // namespace aright::bench
