// `aright reviews`: what waits for a person, and the answers.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// The verbs list, show, approve, deny and acknowledge. Keeps a reference to `session` and is referred to by the app:
/// both must outlive parsing.
class ReviewCommands {
 public:
  explicit ReviewCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  void add_listing(CLI::App& reviews, const std::function<void(int)>& end);
  void add_approving(CLI::App& reviews, const std::function<void(int)>& end);
  void add_others(CLI::App& reviews, const std::function<void(int)>& end);
  void takes_reason(CLI::App& command);
  [[nodiscard]] int print_open();
  [[nodiscard]] int print_shown();
  [[nodiscard]] int say_yes(const std::string& id, const Json& body);
  [[nodiscard]] int approve_all() const;

  Session& session_;
  std::string id_, workflow_, hash_, shown_, as_, waive_;
  bool all_{false};
  bool plan_{false};
};

}  // namespace aright::cli
