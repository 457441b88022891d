// aright_sim: --seeds N [--seed FIRST] runs N random worlds; --crash runs the crash at every write; --repeat proves
// that a seed repeats exactly; --tell prints what happens. Exit code 1 names the seed and how to run it again.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string_view>

#include "sim.h"

namespace {

using aright::sim::Report;
using aright::sim::Shape;
using aright::sim::Sim;

struct Options {
  std::uint64_t seeds{0};
  std::uint64_t seed{1};
  std::uint64_t faster_than{0};  ///< so many seconds of theirs must go by in one of ours
  bool crash{false};
  bool repeat{false};
  bool tell{false};
};

int usage() {
  fmt::print(
      stderr,
      "usage: sim --seeds N [--seed FIRST] [--tell] [--faster-than N] | --crash [--seeds N] | --repeat [--seeds N]\n");
  return 2;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--crash" || word == "--repeat") {
      (word == "--crash" ? options.crash : options.repeat) = true;
      continue;
    }
    if (word == "--tell") {
      options.tell = true;
      continue;
    }
    std::uint64_t* number = word == "--seeds"         ? &options.seeds
                            : word == "--seed"        ? &options.seed
                            : word == "--faster-than" ? &options.faster_than
                                                      : nullptr;
    if (number == nullptr || ++i >= argc) return false;
    const std::string_view text = argv[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
  }
  if (options.seeds == 0) options.seeds = options.crash ? 5 : 1;
  return argc > 1;
}

void failed(std::uint64_t seed, std::string_view what, std::string_view how) {
  fmt::print("FAILED seed {}: {}\n  again: ./dev sim {}\n", seed, what, how);
}

double seconds(aright::Nanos span) { return std::chrono::duration<double>(span).count(); }

class Totals {
 public:
  void add(const Report& report) {
    ++worlds_;
    writes_ += report.writes;
    entries_ += report.entries;
    lived_ += report.lived;
    for (const auto& [state, count] : report.ended) ended_[state] += count;
    for (const auto& [what, count] : report.drawn) drawn_[what] += count;
  }
  void print() const {
    fmt::print("{} worlds, {} writes, {} entries; runs that came to:", worlds_, writes_, entries_);
    for (const auto& [state, count] : ended_) fmt::print(" {} {}", state, count);
    const double real = seconds(std::chrono::steady_clock::now() - begun_);
    fmt::print("\n{:.1f} hours of their time in {:.1f} s: {:.0f} times real time\n", seconds(lived_) / 3600, real,
               seconds(lived_) / real);
    for (const auto& [what, count] : drawn_) fmt::print("{}: {}\n", what, count);
  }
  /// How much of their time goes by in a second of ours.
  [[nodiscard]] double speed() const { return seconds(lived_) / seconds(std::chrono::steady_clock::now() - begun_); }
  /// Something that must be drawn and was in none of the worlds; empty: everything was.
  [[nodiscard]] std::string missing() const {
    if (ended("succeeded") == 0) return "a run that succeeded";
    for (const auto& [what, count] : drawn_) {
      if (count == 0) return what;
    }
    return {};
  }
  [[nodiscard]] std::uint64_t ended(const std::string& state) const {
    const auto found = ended_.find(state);
    return found == ended_.end() ? 0 : found->second;
  }

 private:
  std::uint64_t worlds_{0};
  std::uint64_t writes_{0};
  std::uint64_t entries_{0};
  aright::Nanos lived_{};
  std::chrono::steady_clock::time_point begun_{std::chrono::steady_clock::now()};
  std::map<std::string, std::uint64_t> ended_;
  std::map<std::string, std::uint64_t> drawn_;
};

int random_worlds(const Options& options) {
  Totals totals;
  int failures = 0;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    Sim sim(seed, Shape::random, std::nullopt);
    if (options.tell) sim.tell();
    const Report report = sim.run();
    totals.add(report);
    if (report.violation.empty()) continue;
    failed(seed, report.violation, fmt::format("--seeds 1 --seed {}", seed));
    if (++failures >= 20) break;
  }
  totals.print();
  if (const std::string missing = totals.missing(); failures == 0 && options.seeds >= 50 && !missing.empty()) {
    fmt::print("FAILED: in no world was there: {}; the simulation simulates nothing\n", missing);
    return 1;
  }
  if (const double speed = totals.speed(); speed < static_cast<double>(options.faster_than)) {
    fmt::print("FAILED: {:.0f} times real time, and {} are wanted\n", speed, options.faster_than);
    return 1;
  }
  return failures == 0 ? 0 : 1;
}

/// The process dies before and after every single write of a run of each shape.
int crash_worlds(const Options& options) {
  Totals totals;
  int failures = 0;
  std::uint64_t deaths = 0;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    for (const Shape shape :
         {Shape::success, Shape::held, Shape::rollback, Shape::unknown, Shape::program, Shape::call, Shape::wait,
          Shape::each, Shape::branch, Shape::ends, Shape::asks, Shape::log, Shape::undo}) {
      for (std::uint64_t n = 0;; ++n) {
        const Report report = Sim(seed, shape, n).run();
        totals.add(report);
        if (!report.violation.empty()) {
          failed(seed, fmt::format("{}, crash {}: {}", name(shape), n, report.violation),
                 fmt::format("--crash --seeds 1 --seed {}", seed));
          if (++failures >= 20) return 1;
        }
        if (!report.crashed) break;
        ++deaths;
      }
    }
  }
  totals.print();
  fmt::print("{} deaths\n", deaths);
  return failures == 0 && deaths > 20 ? 0 : 1;
}

int repeated(const Options& options) {
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    const Report first = Sim(seed, Shape::random, std::nullopt).run();
    const Report second = Sim(seed, Shape::random, std::nullopt).run();
    if (first.digest == second.digest && first.violation == second.violation && !first.digest.empty()) continue;
    failed(seed, "does not repeat: " + first.digest + " " + second.digest, fmt::format("--repeat --seed {}", seed));
    return 1;
  }
  fmt::print("{} seeds repeat exactly\n", options.seeds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage();
  if (options.crash) return crash_worlds(options);
  if (options.repeat) return repeated(options);
  return random_worlds(options);
}
