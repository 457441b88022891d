// ./dev bench: measures, prints, keeps. A missed target is said, not hidden; with --strict it is also the exit code.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "daemon.h"
#include "machine.h"
#include "parts.h"

namespace aright::bench {

namespace {

struct Options {
  bool strict{false};
  std::string commit{"unknown"};
  std::string results{"bench/results"};
  std::string packs{"packs"};
  std::string script{"bench/webhooks.lua"};
  std::vector<std::string> only;
};

constexpr std::array<std::pair<std::string_view, Result<Done> (*)(const Setting&, Report&)>, 8> parts{
    {{"parts", measure_parts},
     {"idle", measure_idle},
     {"start", measure_start},
     {"open", measure_open_runs},
     {"burst", measure_burst},
     {"webhooks", measure_webhooks},
     {"fixes", measure_fixes},
     {"logs", measure_logs}}};

Result<bool> measure(const Options& options) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::string here = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::string binary = fs::path(here).parent_path() / "aright";
  if (!fs::exists(binary, error)) return fail(Errc::not_found, binary + ": is not built");
  auto place = Workplace::make(here);
  if (!place) return std::unexpected(place.error());
  auto machine = describe_machine(place->path(), options.commit);
  if (!machine) return std::unexpected(machine.error());
  const std::string date =
      fmt::format("{:%F}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  (*machine)["date"] = date;
  for (const auto& [key, value] : machine->items())
    fmt::print("{:<18} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  Report report(std::move(*machine));
  // Before any part has grown this program: the peak of a child has in it what its parent is when it begins.
  auto floor = run_program({binary, "--version"}, place->path() + "/floor.log");
  if (!floor) return std::unexpected(floor.error());
  const Setting setting{binary, fs::absolute(options.packs, error), fs::absolute(options.script, error), *place,
                        floor->rss_max_mib};
  for (const auto& [name, part] : parts) {
    if (!options.only.empty() && std::ranges::find(options.only, name) == options.only.end()) continue;
    if (auto ok = part(setting, report); !ok) return std::unexpected(ok.error());
  }
  fs::create_directories(options.results, error);
  const std::string file = fmt::format("{}/{}-{}.json", options.results, date, options.commit);
  if (auto ok = report.save(file); !ok) return std::unexpected(ok.error());
  fmt::print("\n{}; kept in {}\n", report.all_met() ? "every target is met" : "NOT every target is met", file);
  return report.all_met();
}

}  // namespace

}  // namespace aright::bench

int main(int argc, char** argv) {
  aright::bench::Options options;
  CLI::App app("measures Aright on this machine");
  app.add_flag("--strict", options.strict, "exit with 1 when a target is missed");
  app.add_option("--commit", options.commit, "what is measured, for the name of the result");
  app.add_option("--results", options.results, "folder of the results");
  app.add_option("--packs", options.packs, "folder of the packs");
  app.add_option("--script", options.script, "what wrk posts");
  app.add_option("only", options.only, "parts, idle, start, open, burst, webhooks, fixes, logs")
      ->check(CLI::IsMember({"parts", "idle", "start", "open", "burst", "webhooks", "fixes", "logs"}));
  CLI11_PARSE(app, argc, argv);
  auto met = aright::bench::measure(options);
  if (!met) {
    fmt::print(stderr, "error: {}\n", met.error().message);
    return 2;
  }
  return options.strict && !*met ? 1 : 0;
}
