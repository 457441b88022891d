// What it costs while nothing happens: two daemons side by side, settled, for ten seconds.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto settling = 3s;  ///< first reads, first checkpoint (one second after the last entry)
constexpr auto span = 10s;

/// The least that a process can do.
class Sleeper {
 public:
  Sleeper() : pid_(fork()) {
    while (pid_ == 0) pause();
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] Result<double> cpu_s() const {
    auto usage = usage_of(pid_);
    if (!usage) return std::unexpected(usage.error());
    return usage->cpu_s;
  }

 private:
  pid_t pid_;
};

struct Floor {
  double rss_mib{0};
  double cpu_share{0};
};

struct Seen {
  std::string what;
  Daemon daemon;
  Usage before;
};

Result<Done> tell(const Seen& seen, double seconds, const Floor& floor, Report& report) {
  auto after = usage_of(seen.daemon.pid());
  if (!after) return std::unexpected(after.error());
  report.add({.name = fmt::format("memory (VmRSS), {}", seen.what),
              .figure = after->rss_mib,
              .unit = "MiB",
              .target = Target{25, Better::lower},
              .yardstick = Yardstick{"aright --version, at most", floor.rss_mib},
              .note = {}});
  const double share = (after->cpu_s - seen.before.cpu_s) / seconds * 100;
  report.add({.name = fmt::format("processor over {:.0f} s, {}", seconds, seen.what),
              .figure = share,
              .unit = "%",
              .target = Target{0.05, Better::lower},  // 0.0 % when written with one digit
              .yardstick = Yardstick{"a process that waits for a signal", floor.cpu_share},
              .note = fmt::format("utime+stime {:.2f} s, {} wakeups", after->ticks_s - seen.before.ticks_s,
                                  after->wakeups - seen.before.wakeups)});
  return Done{};
}

Result<Seen> begin(const std::string& what, const Daemon::Where& where) {
  auto daemon = Daemon::start(where);
  if (!daemon) return std::unexpected(daemon.error());
  return Seen{what, std::move(*daemon), {}};
}

}  // namespace

Result<Done> measure_idle(const Setting& setting, Report& report) {
  report.heading("idle");
  const std::string log = setting.place.path() + "/daemon.log";
  auto root = setting.place.folder("idle-root");
  auto watched = setting.place.folder("idle-watched");
  auto config = setting.place.folder("idle-config");
  for (const auto* made : {&root, &watched, &config}) {
    if (!*made) return std::unexpected(made->error());
  }
  if (auto files = make_files(*watched, 1000); !files) return std::unexpected(files.error());
  if (auto ok = write_config(*config, {*watched}); !ok) return ok;
  auto version = run_program({setting.binary, "--version"}, log);
  if (!version) return std::unexpected(version.error());
  const Sleeper sleeper;
  auto pack = begin("first-hour pack", {setting.binary, setting.packs + "/first-hour",
                                        setting.place.path() + "/idle-state-1", *root, log});
  auto many = begin("1000 watched files", {setting.binary, *config, setting.place.path() + "/idle-state-2", {}, log});
  if (!pack) return std::unexpected(pack.error());
  if (!many) return std::unexpected(many.error());
  std::this_thread::sleep_for(settling);
  for (Seen* seen : {&*pack, &*many}) {
    auto usage = usage_of(seen->daemon.pid());
    if (!usage) return std::unexpected(usage.error());
    seen->before = *usage;
  }
  auto slept_from = sleeper.cpu_s();
  if (!slept_from) return std::unexpected(slept_from.error());
  const auto from = Clock::now();
  std::this_thread::sleep_for(span);
  const double seconds = seconds_since(from);
  auto slept_until = sleeper.cpu_s();
  if (!slept_until) return std::unexpected(slept_until.error());
  const Floor floor{version->rss_max_mib, (*slept_until - *slept_from) / seconds * 100};
  for (Seen* seen : {&*pack, &*many}) {
    if (auto ok = tell(*seen, seconds, floor, report); !ok) return ok;
  }
  auto ok = pack->daemon.stop();
  return ok ? many->daemon.stop() : ok;
}

}  // namespace aright::bench
