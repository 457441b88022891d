// aright_sim_replay --seeds N [--seed FIRST]: the logs of worlds, played again as `aright replay` does, from their
// beginning and from their midst, with the configuration that was in force last. A world made for one thing says
// nothing else then; of random worlds, where others meddle, hands fail and configurations change, only that all of it
// is played.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
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

aright::WallTime midst_of(const SimStore& store) {
  const auto entry = Json::parse(store.entries.at(store.entries.size() / 2).bytes);
  return aright::parse_rfc3339(entry.at("at").get<std::string>()).value_or(aright::WallTime{});
}

struct Totals {
  std::size_t findings{0};
  std::size_t otherwise{0};  ///< of random worlds
  std::size_t failures{0};
};

void replay_world(std::uint64_t seed, Shape shape, Totals& totals) {
  Sim world(seed, shape, std::nullopt);
  static_cast<void>(world.run());
  aright::cli::LoadedConfig loaded;
  loaded.config = world.config();
  loaded.rules = world.rules();
  for (const aright::WallTime since : {aright::WallTime{}, midst_of(world.store())}) {
    const auto log = told_log(parts_of(world.store()), since);
    if (!log) {
      fmt::print("FAILED seed {}, {}: {}\n", seed, name(shape), log.error().message);
      ++totals.failures;
      continue;
    }
    const Json said = replay_json(replay(*log, loaded, {}), *log, false);
    totals.findings += said.at("findings").get<std::size_t>();
    if (shape == Shape::random) {
      totals.otherwise += said.at("differing").get<std::size_t>();
    } else if (said.at("differing") != 0) {
      fmt::print("FAILED seed {}, {}, since {}: {}\n", seed, name(shape), aright::rfc3339(since),
                 said.at("lines").dump(2));
      ++totals.failures;
    }
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
  fmt::print("{} findings; {} otherwise, all in random worlds; {} failures\n", totals.findings, totals.otherwise,
             totals.failures);
  return totals.failures == 0 && totals.findings > seeds ? 0 : 1;
}
