#include "start.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "audit/merkle.h"
#include "store/sqlite.h"

namespace aright::bench {

namespace {

constexpr int starts = 20;

/// The dynamic loader and nothing else.
Result<double> loader_ms(const Daemon::Where& where) {
  std::vector<double> ms;
  for (int i = 0; i < starts; ++i) {
    auto finished = run_program({where.binary, "--version"}, where.log);
    if (!finished) return std::unexpected(finished.error());
    ms.push_back(finished->seconds * 1e3);
  }
  return quantile(ms, 0.5);
}

Result<Done> tell(const std::string& state, const std::vector<double>& ms, const Daemon::Where& where, Report& report) {
  auto loader = loader_ms(where);
  if (!loader) return std::unexpected(loader.error());
  for (const auto& [name, q] : {std::pair("p50", 0.5), std::pair("p99", 0.99)}) {
    report.add({.name = fmt::format("start to ready, {}, {}", state, name),
                .figure = quantile(ms, q),
                .unit = "ms",
                .target = Target{100, Better::lower},
                .yardstick = Yardstick{"aright --version, start to end", *loader},
                .note = {}});
  }
  return Done{};
}

/// Entries a second that are read by bare SQLite and hashed as leaves, one thread, nothing compared.
Result<double> bare_reads(const std::string& state) {
  const auto begin = Clock::now();  // as `audit verify`, which opens it too
  auto database = store::Database::open(state + "/aright.db", store::Database::Access::read_only);
  if (!database) return std::unexpected(database.error());
  auto entries = database->prepare("SELECT bytes FROM entry ORDER BY seq");
  if (!entries) return std::unexpected(entries.error());
  double count = 0;
  for (auto row = entries->step(); !row || *row; row = entries->step()) {
    if (!row) return std::unexpected(row.error());
    if (audit::leaf_hash(entries->text(0)) == Digest{}) return fail(Errc::corrupt, "an entry without a hash");
    ++count;
  }
  return count / seconds_since(begin);
}

}  // namespace

Result<Done> measure_start(const Setting& setting, Report& report) {
  report.heading(fmt::format("start, {} times each; files in the page cache", starts));
  auto root = setting.place.folder("start-root");
  if (!root) return std::unexpected(root.error());
  Daemon::Where where{setting.binary, setting.packs + "/first-hour", {}, *root, setting.place.path() + "/daemon.log"};
  std::vector<double> ms;
  for (int i = 0; i < starts; ++i) {
    where.state = fmt::format("{}/start-{}", setting.place.path(), i);
    auto daemon = Daemon::start(where);
    if (!daemon) return std::unexpected(daemon.error());
    ms.push_back(daemon->ready_s() * 1e3);
    if (auto ok = daemon->stop(); !ok) return ok;
  }
  return tell("empty state", ms, where, report);
}

Result<Done> measure_used_state(const Daemon::Where& where, Report& report) {
  auto outcomes = Outcomes::open(where.state);
  if (!outcomes) return std::unexpected(outcomes.error());
  auto runs = outcomes->newest();
  if (!runs) return std::unexpected(runs.error());
  report.heading(fmt::format("start and proof, on a state of {} runs over 2000 files", *runs));
  std::vector<double> ms;
  for (int i = 0; i < starts; ++i) {
    auto daemon = Daemon::start(where);
    if (!daemon) return std::unexpected(daemon.error());
    ms.push_back(daemon->ready_s() * 1e3);
    if (auto ok = daemon->stop(); !ok) return ok;
  }
  if (auto ok = tell(fmt::format("{} runs", *runs), ms, where, report); !ok) return ok;
  auto verified = run_program({where.binary, "--state", where.state, "audit", "verify"}, where.log);
  if (!verified) return std::unexpected(verified.error());
  const std::string said = verified->output.substr(0, verified->output.find('\n'));
  const auto entries = std::strtoull(said.c_str() + std::min(said.size(), said.find(' ') + 1), nullptr, 10);
  if (!said.starts_with("ok: ") || entries == 0) return fail(Errc::invalid, "audit verify: " + verified->output);
  auto barely = bare_reads(where.state);
  if (!barely) return std::unexpected(barely.error());
  report.add({.name = "audit verify, entries per second, with all rows and contents",
              .figure = static_cast<double>(entries) / verified->seconds,
              .unit = "1/s",
              .target = Target{200'000, Better::higher},
              .yardstick = Yardstick{"each read and hashed once, nothing compared", *barely},
              .note = fmt::format("{:.2f} s; {}", verified->seconds, said)});
  return Done{};
}

}  // namespace aright::bench
