// `aright audit`: the log checked, and single entries proved.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "cli/session.h"

namespace aright::cli {

/// The verbs verify and prove. Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class AuditCommands {
 public:
  explicit AuditCommands(Session& session) : session_(session) {}
  /// `end` gets the exit code of the verb that was carried out.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int verify() const;
  [[nodiscard]] int prove() const;
  [[nodiscard]] std::string database() const;

  Session& session_;
  std::string database_, key_, checkpoint_, seq_;
};

}  // namespace aright::cli
