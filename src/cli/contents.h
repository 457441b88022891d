// `aright contents`: what was before and after, what programs wrote, events; kept beside the log, and erasable.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class ContentCommands {
 public:
  explicit ContentCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  Session& session_;
  std::string subject_;
};

}  // namespace aright::cli
