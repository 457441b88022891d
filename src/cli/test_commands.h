// `aright test`: the fixtures of a configuration folder, with nothing real touched.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/config_folder.h"
#include "cli/session.h"

namespace aright::cli {

/// Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class TestCommands {
 public:
  explicit TestCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int run_once() const;
  [[nodiscard]] int run_on_changes() const;
  [[nodiscard]] int record() const;
  [[nodiscard]] LoadedConfig load() const;

  Session& session_;
  std::string folder_, root_, only_, format_, recorded_, to_;
  bool coverage_{false};
  bool watch_{false};
};

}  // namespace aright::cli
