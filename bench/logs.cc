// An appended log line → the end of the program that it starts: the daemon and a bare program in turn.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <future>
#include <thread>

#include "bare.h"
#include "daemon.h"
#include "parts.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;

constexpr int samples = 300;
constexpr auto pause_between = 5ms;
constexpr auto look_every = 40us;
constexpr const char* program = "/usr/bin/true";

Result<Done> write_log_config(const std::string& config, const std::string& log) {
  std::error_code error;
  for (const char* part : {"controls", "workflows", "sources"}) {
    std::filesystem::create_directories(fmt::format("{}/{}", config, part), error);
    if (error) return fail(Errc::unavailable, config + ": " + error.message());
  }
  auto ok = write_file(config + "/controls/failed.yml",
                       "title: Failed login\nname: failed-login\nlevel: high\nlogsource: { product: app }\n"
                       "detection:\n  selection: { what: failed }\n  condition: selection\n");
  if (ok) ok = write_file(config + "/aright.yaml", "tests: off\n");
  if (!ok) return ok;
  ok = write_file(config + "/sources/app.yaml",
                  fmt::format("source: app\ntail: {{ files: [{}], from: start }}\nlog_source: {{ product: app }}\n"
                              "decode: {{ json: {{ trusted: [host] }} }}\n",
                              log));
  if (!ok) return ok;
  return write_file(config + "/workflows/react.yaml",
                    fmt::format("workflow: react\nowner: bench\nanswers: [failed-login]\nmode: auto\n"
                                "guards:\n  threshold: [{{ runs: 1000000, within: 10m, per: workflow }}]\n"
                                "steps:\n  - exec: [{}, \"${{ event.host }}\"]\n",
                                program));
}

/// The file is open, so that moment 0 is just before the line is there. Every line is about another host.
class Log {
 public:
  static Result<Log> open(const std::string& file) {
    Log log;
    log.fd_ = UniqueFd{::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)};
    if (!log.fd_.valid()) return std::unexpected(errno_error(errno, file));
    return log;
  }
  Result<Clock::time_point> append() {
    const std::string line =
        fmt::format("{{\"what\": \"failed\", \"host\": \"host-{}\", \"user\": \"root\"}}\n", ++count_);
    const auto begin = Clock::now();
    if (write(fd_.get(), line.data(), line.size()) < 0) return std::unexpected(errno_error(errno, "log"));
    return begin;
  }

 private:
  UniqueFd fd_;
  int count_{0};
};

/// A program that does nothing but this: waits for inotify, reads the line, records, starts the same program, waits for
/// its end, records.
class BareProgram {
 public:
  static Result<BareProgram> open(const std::string& file, const std::string& journal_file) {
    BareProgram bare;
    auto log = Log::open(file);
    if (!log) return std::unexpected(log.error());
    bare.log_ = std::move(*log);
    auto journal = BareJournal::open(journal_file);
    if (!journal) return std::unexpected(journal.error());
    bare.journal_ = std::move(*journal);
    bare.read_ = UniqueFd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    bare.inotify_ = UniqueFd{inotify_init1(IN_CLOEXEC)};
    if (inotify_add_watch(bare.inotify_.get(), file.c_str(), IN_MODIFY) < 0) {
      return std::unexpected(errno_error(errno, file));
    }
    return bare;
  }

  /// Milliseconds from the line to the second synced record.
  Result<double> once() {
    auto end = std::async(std::launch::async, [this] { return react(); });
    std::this_thread::sleep_for(1ms);  // until it waits
    auto begin = log_.append();
    if (!begin) return std::unexpected(begin.error());
    auto done = end.get();
    if (!done) return std::unexpected(done.error());
    return std::chrono::duration<double, std::milli>(*done - *begin).count();
  }

 private:
  Result<Clock::time_point> react() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    if (read(inotify_.get(), buffer.data(), buffer.size()) <= 0) return std::unexpected(errno_error(errno, "inotify"));
    if (read(read_.get(), buffer.data(), buffer.size()) <= 0) return std::unexpected(errno_error(errno, "log"));
    auto ok = journal_.append();
    if (ok) ok = bare_run(program, "host");
    if (ok) ok = journal_.append();
    if (!ok) return std::unexpected(ok.error());
    return Clock::now();
  }

  Log log_;
  UniqueFd read_;
  UniqueFd inotify_;
  BareJournal journal_;
};

Result<double> daemon_once(Log& log, Outcomes& outcomes) {
  auto last = outcomes.newest();
  if (!last) return std::unexpected(last.error());
  auto begin = log.append();
  if (!begin) return std::unexpected(begin.error());
  if (auto ok = outcomes.wait_succeeded(*last + 1, look_every); !ok) return std::unexpected(ok.error());
  return std::chrono::duration<double, std::milli>(Clock::now() - *begin).count();
}

void tell(Report& report, const std::vector<double>& daemon, const std::vector<double>& bare) {
  for (const auto& [part, share, target] : {std::tuple("p50", 0.5, 3.0), std::tuple("p99", 0.99, 15.0)}) {
    report.add({.name = fmt::format("log line -> end of its program, durable, {}", part),
                .figure = quantile(daemon, share),
                .unit = "ms",
                .target = Target{target, Better::lower},
                .yardstick = Yardstick{"bare program, same program, 2 synced appends", quantile(bare, share)},
                .note = fmt::format("{} samples, best {:.2f} ms, worst {:.2f} ms", daemon.size(), quantile(daemon, 0),
                                    quantile(daemon, 1))});
  }
}

}  // namespace

Result<Done> measure_logs(const Setting& setting, Report& report) {
  prctl(PR_SET_TIMERSLACK, 1000);  // this thread's short sleeps are short
  auto folder = setting.place.folder("logs");
  if (!folder) return std::unexpected(folder.error());
  const std::string file = *folder + "/app.log";
  if (auto ok = write_log_config(*folder + "/config", file); !ok) return ok;
  auto log = Log::open(file);
  if (!log) return std::unexpected(log.error());
  auto daemon = Daemon::start({setting.binary, *folder + "/config", *folder + "/state", {}, *folder + "/daemon.log"});
  if (!daemon) return std::unexpected(daemon.error());
  auto outcomes = Outcomes::open(*folder + "/state");
  if (!outcomes) return std::unexpected(outcomes.error());
  auto bare = BareProgram::open(*folder + "/bare.log", *folder + "/bare-journal");
  if (!bare) return std::unexpected(bare.error());
  report.heading("a log line that starts a program");
  std::vector<double> of_daemon;
  std::vector<double> of_bare;
  for (int i = -20; i < samples; ++i) {  // first touches are not what is measured
    auto ms = daemon_once(*log, *outcomes);
    if (!ms) return std::unexpected(ms.error());
    std::this_thread::sleep_for(pause_between);
    auto barely = bare->once();
    if (!barely) return std::unexpected(barely.error());
    std::this_thread::sleep_for(pause_between);
    if (i < 0) continue;
    of_daemon.push_back(*ms);
    of_bare.push_back(*barely);
  }
  tell(report, of_daemon, of_bare);
  return daemon->stop();
}

}  // namespace aright::bench
