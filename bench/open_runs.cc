// A start with ten thousand runs that wait for their time or for a person.
#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;
constexpr unsigned open_runs = 10'000;
constexpr int starts = 10;
constexpr auto made_within = 180s;

Result<Done> write_kind(const std::string& config, std::string_view name, std::string_view id, std::string_view rest) {
  auto ok = write_file(fmt::format("{}/controls/{}.yml", config, name),
                       fmt::format("title: {0}\nname: {0}\nid: {1}\nlogsource: {{ product: bench }}\n"
                                   "detection: {{ selection: {{ action: {0} }}, condition: selection }}\nlevel: high\n",
                                   name, id));
  if (!ok) return ok;
  return write_file(fmt::format("{}/workflows/{}.yaml", config, name),
                    fmt::format("workflow: {0}\nowner: bench\nanswers: [{0}]\n"
                                "guards:\n  threshold: [{{ runs: 1000000, within: 10m, per: workflow }}]\n{1}",
                                name, rest));
}

/// Half of the lines wait for thirty days, half for a person.
Result<Done> write_open_config(const std::string& config, const std::string& log) {
  std::error_code error;
  for (const char* part : {"controls", "workflows", "sources"}) {
    std::filesystem::create_directories(fmt::format("{}/{}", config, part), error);
    if (error) return fail(Errc::unavailable, config + ": " + error.message());
  }
  auto ok = write_kind(config, "waits", "1f6f3a8e-4a55-4b1c-9d6e-0b8f6a0f5c21",
                       "mode: auto\nsteps: [{ wait: 30d }, { exec: [/usr/bin/true] }]\n");
  if (ok) {
    ok = write_kind(config, "asks", "1f6f3a8e-4a55-4b1c-9d6e-0b8f6a0f5c22",
                    "mode: propose\nsteps: [{ exec: [/usr/bin/true] }]\n");
  }
  if (!ok) return ok;
  ok = write_file(config + "/aright.yaml", fmt::format("limits: {{ held: {} }}\ntests: off\n", open_runs));
  if (!ok) return ok;
  std::string lines;
  for (unsigned i = 0; i < open_runs; ++i) {
    lines += fmt::format("{{\"action\":\"{}\",\"host\":\"h{}\"}}\n", i % 2 == 0 ? "waits" : "asks", i);
  }
  if (ok = write_file(log, lines); !ok) return ok;
  return write_file(
      config + "/sources/lines.yaml",
      fmt::format("source: lines\ntail: {{ files: [{}], from: start }}\nlog_source: {{ product: bench }}\n"
                  "decode: {{ json: {{ trusted: [host] }} }}\n",
                  log));
}

Result<Done> wait_until_all_are_open(const std::string& state) {
  auto outcomes = Outcomes::open(state);
  if (!outcomes) return std::unexpected(outcomes.error());
  const auto stop_at = Clock::now() + made_within;
  while (Clock::now() < stop_at) {
    auto open = outcomes->open_runs();
    if (!open) return std::unexpected(open.error());
    if (*open == open_runs) return Done{};
    std::this_thread::sleep_for(20ms);
  }
  return fail(Errc::timeout, fmt::format("there were not {} open runs in time", open_runs));
}

}  // namespace

Result<Done> measure_open_runs(const Setting& setting, Report& report) {
  auto config = setting.place.folder("open-config");
  if (!config) return std::unexpected(config.error());
  auto logs = setting.place.folder("open-logs");
  if (!logs) return std::unexpected(logs.error());
  if (auto ok = write_open_config(*config, *logs + "/lines.log"); !ok) return ok;
  const Daemon::Where where{
      setting.binary, *config, setting.place.path() + "/open-state", {}, setting.place.path() + "/open-daemon.log"};
  report.heading(
      fmt::format("start with {} open runs, half of them waiting for their time, half for a person", open_runs));
  std::vector<double> ms;
  double rss = 0;
  for (int i = 0; i <= starts; ++i) {
    auto daemon = Daemon::start(where);
    if (!daemon) return std::unexpected(daemon.error());
    if (auto ok = wait_until_all_are_open(where.state); !ok) return ok;
    auto usage = usage_of(daemon->pid());
    if (!usage) return std::unexpected(usage.error());
    if (i > 0) {  // the first has made them
      ms.push_back(daemon->ready_s() * 1e3);
      rss = usage->rss_mib;
    }
    if (auto ok = daemon->stop(); !ok) return ok;
  }
  auto loader = run_program({where.binary, "--version"}, where.log);
  if (!loader) return std::unexpected(loader.error());
  report.add({.name = fmt::format("start to accepting events, {} open runs, p50", open_runs),
              .figure = quantile(ms, 0.5),
              .unit = "ms",
              .target = Target{1000, Better::lower},
              .yardstick = Yardstick{"aright --version, start to end", loader->seconds * 1e3},
              .note = fmt::format("{} starts, worst {:.0f} ms; {:.0f} MiB", starts, quantile(ms, 1), rss)});
  return Done{};
}

}  // namespace aright::bench
