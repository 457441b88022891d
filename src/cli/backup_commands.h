// `aright backup` and `aright restore`.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Both verbs. Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class BackupCommands {
 public:
  explicit BackupCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int backup() const;
  [[nodiscard]] int bring_back() const;

  Session& session_;
  std::string folder_;
};

}  // namespace aright::cli
