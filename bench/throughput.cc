#include "throughput.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "bare.h"

namespace aright::bench {

namespace {

using namespace std::chrono_literals;

constexpr unsigned threads = 8;
constexpr int rounds = 5;

struct Round {
  double per_s{0};
  double cpu_us{0};  ///< processor time a fix, without the breaking
};

Result<Done> break_all(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (auto ok = break_file(file); !ok) return ok;
  }
  return Done{};
}

/// From the first break to the moment the last run is durable as succeeded; breaking is part of it for both sides.
Result<Round> daemon_round(const std::vector<std::string>& files, Outcomes& outcomes, int pid) {
  auto last = outcomes.newest();
  auto used = usage_of(pid);
  if (!last) return std::unexpected(last.error());
  if (!used) return std::unexpected(used.error());
  const auto begin = Clock::now();
  auto ok = break_all(files);
  if (ok) ok = outcomes.wait_all(*last, files.size(), 1ms);
  const double seconds = seconds_since(begin);
  if (!ok) return std::unexpected(ok.error());
  auto after = usage_of(pid);
  if (!after) return std::unexpected(after.error());
  auto succeeded = outcomes.ended_as("succeeded", *last);
  if (!succeeded) return std::unexpected(succeeded.error());
  if (*succeeded != files.size()) {
    return fail(Errc::invalid, fmt::format("{} of {} runs succeeded", *succeeded, files.size()));
  }
  for (const std::string& file : files) {
    auto now = read_file(file);
    if (!now) return std::unexpected(now.error());
    if (*now != approved_content()) return fail(Errc::invalid, file + ": was not put right");
  }
  const auto count = static_cast<double>(files.size());
  return Round{count / seconds, (after->cpu_s - used->cpu_s) / count * 1e6};
}

Result<Round> bare_round(const std::vector<std::string>& files) {
  const auto begin = Clock::now();
  if (auto ok = break_all(files); !ok) return std::unexpected(ok.error());
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> failed{0};
  std::atomic<double> cpu{0};
  {
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i) {
      pool.emplace_back([&] {
        for (std::size_t at = next++; at < files.size(); at = next++) {
          if (!bare_fix(files[at], approved_content())) ++failed;
        }
        cpu += thread_cpu_s();
      });
    }
  }
  const double seconds = seconds_since(begin);
  if (failed != 0) return fail(Errc::invalid, fmt::format("{} bare fixes failed", failed.load()));
  const auto count = static_cast<double>(files.size());
  return Round{count / seconds, cpu / count * 1e6};
}

}  // namespace

Result<Done> measure_throughput(const ThroughputPlaces& places, Outcomes& outcomes, int daemon_pid, Report& report) {
  report.heading(fmt::format("{} files broken at once, {} rounds of each in turn", places.managed.size(), rounds));
  std::vector<double> daemon;
  std::vector<double> bare;
  std::vector<double> shares;
  std::vector<double> daemon_cpu;
  std::vector<double> bare_cpu;
  for (int i = 0; i < rounds; ++i) {
    auto ours = daemon_round(places.managed, outcomes, daemon_pid);
    if (!ours) return std::unexpected(ours.error());
    auto theirs = bare_round(places.bare);
    if (!theirs) return std::unexpected(theirs.error());
    daemon.push_back(ours->per_s);
    bare.push_back(theirs->per_s);
    shares.push_back(ours->per_s / theirs->per_s * 100);
    daemon_cpu.push_back(ours->cpu_us);
    bare_cpu.push_back(theirs->cpu_us);
    std::this_thread::sleep_for(300ms);
  }
  report.add({.name = "durable verified fixes per second (median)",
              .figure = quantile(daemon, 0.5),
              .unit = "1/s",
              .target = {},
              .yardstick = Yardstick{"8 bare threads, nothing recorded", quantile(bare, 0.5)},
              .note = {}});
  report.add({.name = "share of the bare system calls (median of rounds)",
              .figure = quantile(shares, 0.5),
              .unit = "%",
              .target = Target{50, Better::higher},
              .yardstick = Yardstick{"the aim", 70},
              .note = fmt::format("rounds from {:.0f} % to {:.0f} %", quantile(shares, 0), quantile(shares, 1))});
  report.add({.name = "processor time a fix, user and system",
              .figure = quantile(daemon_cpu, 0.5),
              .unit = "us",
              .target = {},
              .yardstick = Yardstick{"8 bare threads, nothing recorded", quantile(bare_cpu, 0.5)},
              .note = {}});
  return Done{};
}

}  // namespace aright::bench
