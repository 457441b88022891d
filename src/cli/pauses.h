// `aright pause` and `aright resume`: stopping effects, of everything, one workflow or one driver.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// Both verbs. Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class PauseCommands {
 public:
  explicit PauseCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& help);
  [[nodiscard]] Json body() const;

  Session& session_;
  std::string id_, workflow_, driver_;
};

}  // namespace aright::cli
