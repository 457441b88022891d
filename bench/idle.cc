// What it costs while nothing happens: two daemons side by side, settled, for ten seconds.
#include <fmt/format.h>

#include <thread>

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto settling = 3s;  ///< first reads, first checkpoint (one second after the last entry)
constexpr auto span = 10s;

struct Seen {
  std::string what;
  Daemon daemon;
  Usage before;
};

Result<Done> tell(const Seen& seen, double seconds, double floor_mib, Report& report) {
  auto after = usage_of(seen.daemon.pid());
  if (!after) return std::unexpected(after.error());
  report.add({.name = fmt::format("memory (VmRSS), {}", seen.what),
              .figure = after->rss_mib,
              .unit = "MiB",
              .target = Target{25, Better::lower},
              .yardstick = Yardstick{"aright --version, at most", floor_mib},
              .note = {}});
  const double share = (after->cpu_s - seen.before.cpu_s) / seconds * 100;
  report.add({.name = fmt::format("processor over {:.0f} s, {}", seconds, seen.what),
              .figure = share,
              .unit = "%",
              .target = Target{0.05, Better::lower},  // 0.0 % when written with one digit
              .yardstick = {},
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
  auto floor = run_program({setting.binary, "--version"}, log);
  if (!floor) return std::unexpected(floor.error());
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
  const auto from = Clock::now();
  std::this_thread::sleep_for(span);
  const double seconds = seconds_since(from);
  for (Seen* seen : {&*pack, &*many}) {
    if (auto ok = tell(*seen, seconds, floor->rss_max_mib, report); !ok) return ok;
  }
  auto ok = pack->daemon.stop();
  return ok ? many->daemon.stop() : ok;
}

}  // namespace aright::bench
