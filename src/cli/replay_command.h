// `aright replay`: stored findings through changed workflows and guards.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class ReplayCommand {
 public:
  explicit ReplayCommand(Session& session) : session_(session) {}
  /// `end` gets the exit code.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int play();
  Result<Done> ask_daemon();

  Session& session_;
  std::string since_{"30d"};
  std::string folder_, root_, output_;
  bool all_{false};
};

}  // namespace aright::cli
