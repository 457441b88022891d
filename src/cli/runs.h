// `aright runs`: what was done about findings, and what a person can ask of one run.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/undo.h"

namespace aright::cli {

/// The verbs list, show, cancel, retry, resolve and undo. Keeps a reference to `session` and is referred to by the app:
/// both must outlive parsing.
class RunCommands {
 public:
  explicit RunCommands(Session& session) : session_(session), undo_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  void add_showing(CLI::App& runs, const std::function<void(int)>& end);
  /// What the daemon is asked for of all runs, as a query.
  [[nodiscard]] std::string chosen() const;
  /// A verb about one run, with its reason.
  CLI::App* add_changing(CLI::App& runs, const std::string& verb, const std::string& help,
                         const std::function<void(int)>& end);

  Session& session_;
  UndoCommand undo_;
  std::string id_, as_, workflow_, since_;
  std::vector<std::string> states_;
  bool open_{false};
  bool whole_{false};
};

}  // namespace aright::cli
