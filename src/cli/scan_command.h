// `aright scan`: every control once, without a daemon.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/cli.h"
#include "cli/session.h"

namespace aright::cli {

/// Keeps references to `session` and `hooks`, and is referred to by the app: all must outlive parsing.
class ScanCommand {
 public:
  ScanCommand(Session& session, const Hooks& hooks) : session_(session), hooks_(hooks) {}
  /// `end` gets the exit code: 1 where something is wrong or nobody can tell, 2 where nothing could be looked at.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int look_and_fix();

  Session& session_;
  const Hooks& hooks_;
  ServeOptions options_;
  bool plan_{false};
  bool fix_{false};
  std::string format_;  ///< empty: as said for every command
};

}  // namespace aright::cli
