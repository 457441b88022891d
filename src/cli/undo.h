// `aright runs undo`: takes back what runs have done, each by a run of its own.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/undo_chain.h"

namespace aright::cli {

/// Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class UndoCommand {
 public:
  explicit UndoCommand(Session& session) : session_(session) {}
  void add_to(CLI::App& runs, const std::function<void(int)>& end);

 private:
  int one();
  int many();
  [[nodiscard]] Json body() const;
  /// What became of the undo of `run`: {"undoes", "subject", "state", "reason"} and, where one began, "run".
  [[nodiscard]] Json outcome(const Json& run);
  /// The same of one among many; one that is not begun has no "run".
  [[nodiscard]] Json outcome_among(const Json& run, const UndoChain::Met& met);
  [[nodiscard]] Result<Json> ended(const std::string& undo);
  /// The runs of the workflow that did something since then, newest first.
  [[nodiscard]] Result<std::vector<Json>> candidates();
  int show(const Json& outcomes) const;
  int show_plan(const Json& plan) const;
  [[nodiscard]] UndoChain chain();
  [[nodiscard]] Json plan_of(const Json& run, const UndoChain::Met& met);
  int plan_many(const std::vector<Json>& runs);

  Session& session_;
  std::string id_, workflow_, since_;
  std::string waive_{"24h"};
  bool no_waiver_{false};
  bool partial_{false};
  bool plan_{false};
};

}  // namespace aright::cli
