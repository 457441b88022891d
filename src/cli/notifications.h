// `aright notifications`: what is told to people, and what could not be.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// The verbs list, retry and test. Keeps a reference to `session` and is referred to by the app: both must outlive
/// parsing.
class NotificationCommands {
 public:
  explicit NotificationCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  void add_list(CLI::App& notifications, const std::function<void(int)>& end);
  void add_retry(CLI::App& notifications, const std::function<void(int)>& end);
  [[nodiscard]] int test() const;

  Session& session_;
  std::string id_, notifier_, to_;
  bool dead_{false};
  bool queued_{false};
  bool all_{false};
};

}  // namespace aright::cli
