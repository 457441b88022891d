// aright_sim_replay --seeds N [--seed FIRST]: the logs of worlds, played again as `aright replay` does, from their
// beginning and from their midst, with the configuration that was in force last. A world made for one thing says
// nothing else then, calm ones hardly ever; of random worlds, where others meddle, hands fail and configurations
// change, only that all of it is played.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "cli/replay/replay_report.h"
#include "sim.h"

namespace {

using aright::Json;
using aright::sim::Shape;
using aright::sim::Sim;
using aright::sim::SimStore;

template <class Map>
auto found_in(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

aright::cli::LogParts parts_of(const SimStore& store) {
  aright::cli::LogParts parts;
  parts.entries = [&store](std::uint64_t first, std::uint32_t limit) -> aright::Result<std::vector<aright::Entry>> {
    const std::size_t begin = std::min<std::size_t>(first, store.entries.size());
    const std::size_t end = std::min<std::size_t>(begin + limit, store.entries.size());
    return std::vector<aright::Entry>(store.entries.begin() + static_cast<std::ptrdiff_t>(begin),
                                      store.entries.begin() + static_cast<std::ptrdiff_t>(end));
  };
  parts.blob = [&store](const std::string& id) -> aright::Result<std::optional<aright::Blob>> {
    return found_in(store.blobs, id);
  };
  parts.definition = [&store](const std::string& hash) -> aright::Result<std::optional<aright::Definition>> {
    return found_in(store.definitions, hash);
  };
  return parts;
}

/// From the midst of its entries on, of calm worlds from when no run is open: what such a run does in the replay counts
/// in no guard. nullopt: there is no such time.
std::optional<aright::WallTime> midst_of(const SimStore& store, Shape shape) {
  std::set<std::uint64_t> open;
  for (std::size_t i = 0; i < store.entries.size(); ++i) {
    const auto entry = Json::parse(store.entries[i].bytes);
    const auto at = aright::parse_rfc3339(entry.at("at").get<std::string>()).value_or(aright::WallTime{});
    if (2 * i >= store.entries.size() && (open.empty() || shape != Shape::calm)) return at;
    const auto kind = entry.at("kind").get<std::string>();
    if (kind == "run.created") open.insert(entry.at("run").get<std::uint64_t>());
    const auto state = kind.starts_with("run.") ? aright::parse_run_state(kind.substr(4)) : std::nullopt;
    if (state && is_final(*state)) open.erase(entry.at("run").get<std::uint64_t>());
  }
  return std::nullopt;
}

struct Said {
  std::size_t findings{0};
  std::size_t otherwise{0};
};
struct Totals {
  std::map<Shape, Said> said{};
  std::size_t failures{0};
};

void replay_world(std::uint64_t seed, Shape shape, Totals& totals) {
  Sim world(seed, shape, std::nullopt);
  static_cast<void>(world.run());
  aright::cli::LoadedConfig loaded;
  loaded.config = world.config();
  loaded.rules = world.rules();
  for (const auto since : {std::optional(aright::WallTime{}), midst_of(world.store(), shape)}) {
    if (!since) continue;
    const auto log = told_log(parts_of(world.store()), *since);
    if (!log) {
      fmt::print("FAILED seed {}, {}: {}\n", seed, name(shape), log.error().message);
      ++totals.failures;
      continue;
    }
    const Json said = replay_json(replay(*log, loaded, world.members()), *log, false);
    Said& all = totals.said[shape];
    all.findings += said.at("findings").get<std::size_t>();
    all.otherwise += said.at("differing").get<std::size_t>();
    const bool random = shape == Shape::random || shape == Shape::calm;
    if (random || said.at("differing") == 0) continue;
    fmt::print("FAILED seed {}, {}, since {}: {}\n", seed, name(shape), aright::rfc3339(*since),
               said.at("lines").dump(2));
    ++totals.failures;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 0;
  std::uint64_t first = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    (std::string_view(argv[i]) == "--seeds" ? seeds : first) = std::strtoull(argv[i + 1], nullptr, 10);
  }
  Totals totals;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    for (std::uint64_t shape = 0; shape < aright::sim::shapes; ++shape) {
      replay_world(seed, static_cast<Shape>(shape), totals);
    }
  }
  for (const auto& [shape, said] : totals.said) {
    fmt::print("{}: {} findings, {} otherwise\n", name(shape), said.findings, said.otherwise);
  }
  // In calm worlds runs still come to a guard in the same moment.
  const Said& calm = totals.said[Shape::calm];
  if (calm.otherwise * 100 > calm.findings) ++totals.failures;
  return totals.failures == 0 && calm.findings > seeds ? 0 : 1;
}
