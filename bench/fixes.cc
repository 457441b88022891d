// One daemon for everything that fixes: latency, throughput, and then starts on the state these left behind.
#include <fmt/format.h>

#include "latency.h"
#include "start.h"
#include "throughput.h"

namespace aright::bench {

namespace {

constexpr unsigned folders = 8;
constexpr unsigned files_each = 250;

struct Places {
  std::string config;
  LatencyPlaces latency;
  ThroughputPlaces throughput;
};

Result<Done> make_places(const Workplace& place, Places& places) {
  std::vector<std::string> managed;
  for (unsigned i = 0; i < folders; ++i) {
    for (const bool kept : {true, false}) {
      auto folder = place.folder(fmt::format("{}-{}", kept ? "managed" : "bare", i));
      if (!folder) return std::unexpected(folder.error());
      auto files = make_files(*folder, files_each);
      if (!files) return std::unexpected(files.error());
      auto& into = kept ? places.throughput.managed : places.throughput.bare;
      into.insert(into.end(), files->begin(), files->end());
      if (kept) managed.push_back(*folder);
    }
  }
  auto config = place.folder("config");
  if (!config) return std::unexpected(config.error());
  places.config = *config;
  places.latency.managed = places.throughput.managed.front();
  auto alone = place.folder("bare-alone");
  if (!alone) return std::unexpected(alone.error());
  places.latency.folder = *alone;
  return write_config(places.config, managed);
}

Result<Done> with_daemon(const Daemon::Where& where, const Places& places, double floor_mib, Report& report) {
  auto daemon = Daemon::start(where);
  if (!daemon) return std::unexpected(daemon.error());
  auto outcomes = Outcomes::open(where.state);
  if (!outcomes) return std::unexpected(outcomes.error());
  auto ok = measure_latency(places.latency, *outcomes, report);
  if (ok) ok = measure_throughput(places.throughput, *outcomes, daemon->pid(), report);
  if (!ok) return ok;
  auto usage = usage_of(daemon->pid());
  if (!usage) return std::unexpected(usage.error());
  auto runs = outcomes->newest();
  if (!runs) return std::unexpected(runs.error());
  report.add({.name = fmt::format("memory after {} runs over 2000 files", *runs),
              .figure = usage->rss_mib,
              .unit = "MiB",
              .target = {},
              .yardstick = Yardstick{"aright --version, at most", floor_mib},
              .note = {}});
  return daemon->stop();
}

}  // namespace

Result<Done> measure_fixes(const Setting& setting, Report& report) {
  Places places;
  if (auto ok = make_places(setting.place, places); !ok) return ok;
  const Daemon::Where where{
      setting.binary, places.config, setting.place.path() + "/state", {}, setting.place.path() + "/daemon.log"};
  if (auto ok = with_daemon(where, places, setting.floor_mib, report); !ok) return ok;
  return measure_used_state(where, report);
}

}  // namespace aright::bench
