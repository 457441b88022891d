// For tests of undos: what the shell finds stored of an ended run.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "engine/core_rig_test.h"

namespace aright::engine::test {

class UndoRig : public Rig {
 public:
  explicit UndoRig(Config config) : Rig(config), stored_config_(std::move(config)) {}

  [[nodiscard]] Json run_row(std::uint64_t id) const { return stored("run", fmt::format("{:012}", id)); }

  /// Of a run that is stored; what was erased is not there.
  [[nodiscard]] std::shared_ptr<const UndoSource> source(std::uint64_t id) const {
    const Json doc = run_row(id);
    if (doc.is_null()) return nullptr;
    UndoSource made{
        .run = *Run::from_json(doc), .workflow = {}, .control = {}, .finding = {}, .event = {}, .plans = {}};
    for (const Workflow& w : stored_config_.workflows) {
      if (w.version() == made.run.version) made.workflow = w;
    }
    for (const Control& c : stored_config_.controls) {
      if (c.hash() == made.run.control_hash) made.control = c;
    }
    for (const RunStep& step : made.run.steps) {
      std::optional<Plan>& plan = made.plans.emplace_back();
      if (!step.changes || step.is_errand() || !blobs.contains(step.before.id) || !blobs.contains(step.after.id))
        continue;
      plan = Plan{state(step.before.id), state(step.after.id), step.names, step.strength};
    }
    const Json undone = stored("undone", fmt::format("{:012}", id));
    if (!undone.is_null()) made.undone_by = undone.value("by", std::uint64_t{0});
    if (!undone.is_null()) made.in_part_by = undone.value("in_part_by", std::uint64_t{0});
    for (std::uint64_t former = made.in_part_by; former != 0;) {
      former = add_taken_back(made, *Run::from_json(run_row(former)));
    }
    return std::make_shared<const UndoSource>(std::move(made));
  }
  Result<Json> undo(std::uint64_t id, UndoRun how = {}) {
    how.run = id;
    if (how.reason.empty()) how.reason = "it was right";
    how.source = source(id);
    return ask(std::move(how));
  }
  /// Also carries out what follows.
  Result<Json> undone(std::uint64_t id, UndoRun how = {}) {
    const auto begun = undo(id, std::move(how));
    settle();
    return begun;
  }
  /// As the shell finds it stored at a start.
  void restart_with(std::uint64_t open, std::uint64_t undoes) {
    remembered.undone[open] = source(undoes);
    remembered.workflows = stored_config_.workflows;
    remembered.plans.clear();
    for (const auto& [id, run] : core->projection().runs()) {
      for (const RunStep& step : run.steps) {
        const bool kept = step.changes && blobs.contains(step.after.id);
        remembered.plans[id].push_back(kept ? Plan{step.is_errand() ? State{} : state(step.before.id),
                                                   state(step.after.id), step.names, step.strength}
                                            : Plan{});
      }
    }
    restart();
  }

 private:
  [[nodiscard]] State state(const std::string& id) const {
    return State{Json::parse(blobs.at(id).bytes), blobs.at(id).sensitive};
  }
  Config stored_config_;
};

}  // namespace aright::engine::test
