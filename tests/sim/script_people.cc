// What people ask of runs that there are, and that what is old goes.
#include "script_people.h"

#include <algorithm>
#include <utility>

#include "receiver.h"
#include "script_parts.h"
#include "sim.h"

namespace aright::sim {

using namespace std::chrono_literals;

namespace {

/// A person is asked once half of it is done; whoever is told is told before and after.
std::vector<Step> asking(Chance& chance, const Config& config) {
  std::vector<Step> steps{Step{}};
  const auto tell = [&](const char* title) {
    if (config.notify.notifiers.empty()) return;
    steps.push_back({Step::Notify{config.notify.notifiers.front().name, title, "run ${ run.id }", Level::high}});
  };
  tell("half");
  steps.push_back(
      {Step::Approve{config.teams.empty() ? "" : config.teams.front().name, "may it", 1min + chance.millis(600'000)}});
  steps.push_back(own("/w/q", {{"mode", "0600"}, {"exists", true}}));
  tell("all");
  return steps;
}

Team some_team(Chance& chance) {
  Team ops;
  ops.name = "ops";
  ops.users = {"ann"};
  ops.groups = {"ops"};
  ops.quorum = 1 + static_cast<std::uint32_t>(chance.below(2));
  ops.ladder = {{0s, {"mail"}, ""}, {2min, {"phone"}, ""}};
  return ops;
}

}  // namespace

void add_asking(Chance& chance, Config& config, Mode mode) {
  config.workflows.push_back(answering("asks", {"both"}, mode, asking(chance, config)));
}

void draw_people(Chance& chance, Config& config) {
  if (chance.percent(40)) config.teams = {some_team(chance)};
  if (chance.percent(60)) config.notify = some_notifier(chance);
  const Mode mode = drawn_mode(chance);
  add_asking(chance, config, mode);
}

/// Other members, another quorum; and the workflow that asks may be away until a later edit.
void Sim::change_who_is_asked() {
  Chance& c = world_.chance;
  if (!config_.teams.empty() && c.percent(30)) {
    Team& ops = config_.teams.front();
    ops.users = c.percent(50) ? std::vector<std::string>{"ann"} : std::vector<std::string>{"ann", "cat"};
    ops.quorum = 1 + static_cast<std::uint32_t>(c.below(2));
  }
  const auto asks = std::ranges::find(config_.workflows, "asks", &Workflow::name);
  if (gone_) {
    config_.workflows.push_back(*std::exchange(gone_, std::nullopt));
  } else if (asks != config_.workflows.end() && c.percent(20)) {
    gone_ = std::move(*asks);
    config_.workflows.erase(asks);
  }
}

void Sim::undo_a_run(std::uint64_t id) {
  Chance& c = world_.chance;
  engine::UndoRun undo;
  undo.run = id;
  undo.reason = "it was right \xFE";
  if (c.percent(60)) undo.waive = 1s + c.millis(240'000);
  undo.partial = c.percent(40);
  undo.plan_only = id > 2 && c.percent(10);
  ask(std::move(undo));
}

/// As if everything had been kept long enough: what something open needs must stay all the same.
void Sim::forget() {
  Outdated all;
  for (const auto& [id, blob] : store_.blobs) all.contents.push_back(id);
  ask(engine::Forget{std::move(all)});
}

/// One that is open, ended long ago, or was never there: what does not fit is refused.
void Sim::change_a_run() {
  if (!shell_) return;
  Chance& c = world_.chance;
  const auto& runs = store_.rows["run"];
  if (runs.empty()) return ask(engine::CancelRun{1, "there is none"});
  auto row = runs.begin();
  std::advance(row, static_cast<std::ptrdiff_t>(c.below(runs.size())));
  const Run run = Run::from_json(parse_json(row->second.doc).value()).value();
  const bool open = shell_->core().projection().runs().contains(run.id);
  if (!open && c.percent(50)) return undo_a_run(run.id);
  if (!open) return ask(engine::RetryRun{run.id, run.finding, run.workflow, "once more \xFE"});
  if (run.state == RunState::unknown) return ask(engine::ResolveRun{run.id, c.percent(50), "seen \xFE"});
  ask(engine::CancelRun{run.id, "leave it \xFE"});
}

}  // namespace aright::sim
