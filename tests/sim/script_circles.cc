// Circles of a simulated world: controls that want the same in two ways, and somebody who sets his own again and again.
#include "script_parts.h"
#include "sim.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

constexpr const char* contested = "/w/o";
constexpr const char* beside = "/w/x";
constexpr const char* puppets = "/w/p";

Json holding(const std::string& line) { return {{"content", {line, ""}}, {"exists", true}}; }

/// So many that nothing else is heard before it.
Guards of_oscillation(Chance& chance) {
  Guards guards;
  guards.threshold = {{12, 10min, Per::workflow}};
  guards.oscillation = {1 + static_cast<std::uint32_t>(chance.below(3)), 3min + chance.millis(900'000)};
  if (chance.percent(30)) {  // as often as the threshold admits, and slower than it
    guards.threshold = {{2 + static_cast<std::uint32_t>(chance.below(2)), 30s, Per::workflow}};
    guards.oscillation.reset();
  }
  return guards;
}

}  // namespace

/// After the guards of all others.
void Sim::configure_circles() {
  Chance& chance = world_.chance;
  const auto there = [this](const char* path) {
    Json fields = good(path);
    fields["mode"] = "0644";
    world_.set(path, std::move(fields));
  };
  auto& controls = config_.controls;
  auto& flows = config_.workflows;
  if (chance.percent(40)) {
    there(contested);
    controls.push_back(watch("one-way", {contested}, good(contested)));
    controls.push_back(watch("other-way", {contested}, holding("otherwise")));
    flows.push_back(answering("make-one", {"one-way"}, Mode::auto_, {Step{}}));
    flows.push_back(answering("make-other", {"other-way"}, Mode::auto_, {Step{}}));
    if (chance.percent(50)) {  // a ring over two files
      there(beside);
      flows.back().steps.push_back(own(beside, holding("moved")));
      controls.push_back(watch("beside", {beside}, good(beside)));
      flows.push_back(answering("make-beside", {"beside"}, Mode::auto_, {own(contested, good(contested)), Step{}}));
    }
  }
  if (chance.percent(40)) {
    there(puppets);
    controls.push_back(watch("ours", {puppets}, good(puppets)));
    flows.push_back(answering("set-again", {"ours"}, Mode::auto_, {Step{}}));
    flows.back().guards = of_oscillation(chance);
    has_puppet_ = true;
  }
}

/// Another tool, which sets its own; now and then it has a new version.
void Sim::puppet() {
  if (!has_puppet_ || !world_.faults.on) return;
  Json theirs = holding(world_.chance.percent(12) ? "theirs, newer" : "theirs");
  theirs["mode"] = "0644";
  world_.set(puppets, std::move(theirs));
  at(12s + world_.chance.millis(40'000), [this] { puppet(); });
}

}  // namespace aright::sim
