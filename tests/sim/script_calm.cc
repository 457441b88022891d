// A world in which all goes well: what a log of it says is all there was.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim.h"

namespace aright::sim {

using namespace std::chrono_literals;

void Sim::plan_calm() {
  const std::uint64_t events = 20 + world_.chance.below(60);
  for (std::uint64_t i = 0; i < events; ++i) {
    at(world_.chance.millis(14 * 60 * 1000), [this] { one_calm(); });
  }
}

void Sim::one_calm() {
  // Those that a control watches: of others no log says what they were.
  static const std::array<std::string, 7> paths{"/w/a", "/w/b", "/w/c", "/w/t", "/w/u", "/d/one", "/d/two"};
  Chance& c = world_.chance;
  const std::uint64_t what = c.below(100);
  if (what < 60) {
    const std::string& path = paths.at(c.below(paths.size()));
    if (!at_work_on(path)) meddle(path);
  } else if (what < 80) {
    log_line(fmt::format("192.0.2.{}", c.below(4)));
  } else if (what < 92) {
    answer_a_review(c.percent(70));
  } else if (what < 95) {
    pause_a_while();
  } else if (what < 97) {
    waive_or_not();
  } else {
    const Workflow& w = config_.workflows.at(c.below(config_.workflows.size()));
    ask(engine::SetMode{w.name, static_cast<Mode>(c.below(static_cast<std::uint64_t>(w.mode) + 1)), "try"});
  }
}

/// A folder keeps its members.
void Sim::meddle(const std::string& path) {
  if (!path.starts_with("/d/")) return world_.outsider(path);
  Json fields = world_.state(path);
  fields["mode"] = world_.chance.percent(50) ? "0600" : "0666";
  world_.set(path, std::move(fields));
}

std::vector<std::string> Sim::members() const {
  std::vector<std::string> paths;
  for (const auto& [path, fields] : world_.states) {
    if (path.starts_with("/d/")) paths.push_back(path);
  }
  return paths;
}

/// A run has begun with it and is not over.
bool Sim::at_work_on(const std::string& path) const {
  return std::ranges::any_of(shell_->core().projection().runs(), [&](const auto& one) {
    const Run& run = one.second;
    if (run.state == RunState::pending || run.state == RunState::held) return false;
    const auto it = [&](const RunStep& step) { return step.resource.id == path; };
    return run.subject.ends_with(":" + path) || std::ranges::any_of(run.steps, it);
  });
}

}  // namespace aright::sim
