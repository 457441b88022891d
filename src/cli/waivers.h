// `aright waivers`: exceptions per control and subject.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// The verbs add, list and remove. Keeps a reference to `session` and is referred to by the app: both must outlive
/// parsing.
class WaiverCommands {
 public:
  explicit WaiverCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  void add_adding(CLI::App& waivers, const std::function<void(int)>& end);

  Session& session_;
  std::string control_, subject_, until_, span_, owner_, id_;
  bool all_{false};
};

}  // namespace aright::cli
