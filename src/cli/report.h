// `aright report`: what became of everything, in figures.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "base/json.h"
#include "cli/session.h"

namespace aright::cli {

/// Keeps a reference to `session` and is referred to by the app: both must outlive parsing.
class ReportCommand {
 public:
  explicit ReportCommand(Session& session) : session_(session) {}
  /// `end` gets the exit code.
  void add_to(CLI::App& app, const std::function<void(int)>& end);

 private:
  [[nodiscard]] int print() const;

  Session& session_;
  std::string since_{"30d"};
  std::string until_;
  std::string by_hand_{"15m"};
  std::string output_;  ///< empty: as said for every command
};

/// The answer of /v1/report for people.
[[nodiscard]] std::string report_text(const Json& report);
/// A page of it: HTML without scripts, fonts or anything from elsewhere.
[[nodiscard]] std::string report_page(const Json& report);

}  // namespace aright::cli
