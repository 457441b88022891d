// The part of the core that takes back what an ended run has done, when a person asks for it: a run of its own, with
// the inverse of each step in the original's place, done in reverse order (docs/decisions/0170).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/messages.h"

namespace aright::engine {

class Core;

/// How a run's steps follow each other: those of an undo from the last to the first. `back`: in which they are undone.
[[nodiscard]] std::vector<std::size_t> order_of(const Run& run, bool back = false);

class UndoRuns {
 public:
  explicit UndoRuns(Core& core) : core_(core) {}

  /// Begins one, or has what it would do looked at; answers.
  void ask(std::uint64_t token, const UndoRun& command, const Identity& who);
  /// After a restart: what an open one undoes. None: it cannot be found.
  void remember(std::uint64_t run, std::shared_ptr<const UndoSource> source);
  /// As `Core::try_start`.
  [[nodiscard]] bool try_start(const Run& run);
  void ask_plan(const Run& run);
  void planned(UndoPlanned& done);
  /// By step, as `Core::targets`.
  [[nodiscard]] std::vector<ResourceId> targets(const Run& run) const;
  /// Before its end is recorded; afterwards `closed` with what this says.
  [[nodiscard]] static std::uint64_t waiver_to_end(const Run& run, RunState to);
  void closed(std::uint64_t run, std::uint64_t waiver);
  /// What an open one takes back; nullptr: it is not known any more.
  [[nodiscard]] const UndoSource* source(std::uint64_t run) const;
  /// The driver that an open one begins with, before it is planned.
  [[nodiscard]] std::string first_driver(const Run& run) const;

 private:
  struct Asks;
  [[nodiscard]] Result<Done> may_undo(const UndoRun& command, const Identity& who) const;
  [[nodiscard]] std::string protected_in(const UndoSource& source) const;
  [[nodiscard]] Result<Done> may_waive(const UndoRun& command, const Identity& who) const;
  std::uint64_t create(const UndoRun& command, const Identity& who);
  [[nodiscard]] DoUndoPlan work_for(const std::shared_ptr<const UndoSource>& source, std::uint64_t run) const;
  [[nodiscard]] workflow::ErrandContext context_for(const UndoSource& source, std::uint64_t run,
                                                    std::size_t step) const;
  [[nodiscard]] std::string refusal(const UndoPlanned& done) const;
  [[nodiscard]] std::string who_changed(const ResourceId& resource, const State& now) const;
  [[nodiscard]] Json view(const UndoPlanned& done) const;
  [[nodiscard]] std::string shared_with(const UndoPlanned& done) const;
  void decide(const Run& run, UndoPlanned& done);
  [[nodiscard]] std::vector<std::optional<SealedPlan>> replies(const Run& run, UndoPlanned& done,
                                                               std::vector<Plan>& earlier) const;
  void admit(std::uint64_t run);
  void waive(std::uint64_t run);

  Core& core_;
  std::map<std::uint64_t, std::shared_ptr<const UndoSource>> sources_;  ///< by open run
};

}  // namespace aright::engine
