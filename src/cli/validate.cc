#include "cli/validate.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/config_folder.h"
#include "cli/diagnostics.h"
#include "cli/fixture/version_results.h"
#include "cli/known_ages.h"
#include "cli/known_versions.h"
#include "cli/own_paths.h"
#include "cli/reload.h"
#include "cli/scan_waivers.h"
#include "cli/sshd_elsewhere.h"
#include "driver/file/file_driver.h"

namespace aright::cli {

namespace {

LoadedConfig checked(const std::string& folder, const std::string& root, const Session& session) {
  LoadedConfig loaded = load_config_folder(
      folder, {root, protected_paths(session.state, folder), true, [&] { return looked_at_in(session.state); }});
  check_apart(session.state, folder, loaded.diagnostics);
  check_witnesses(loaded.witnesses, session.state, loaded.diagnostics);
  if (const auto waivers = waivers_in(session.state)) {
    std::set<std::string> controls;
    for (const Control& control : loaded.config.controls) controls.insert(control.name);
    warn_of_ending(*waivers, controls, std::chrono::system_clock::now(), loaded.diagnostics);
  }
  if (has_errors(loaded.diagnostics)) return loaded;
  driver::FileDriver files;
  warn_of_included(files, loaded.config, loaded.diagnostics);
  const engine::VersionTests tests = play_tests(folder, loaded);
  std::optional<KnownVersions> node;
  if (auto known = versions_in(session.state)) node = std::move(*known);
  if (node) node->take(tests);
  warn_of_untested(tests, node, loaded);
  if (node) warn_of_unplanned(*node, tests, loaded);
  return loaded;
}

}  // namespace

int validate(const std::string& folder, const std::string& root, const Session& session) {
  const LoadedConfig loaded = checked(folder, root, session);
  const bool valid = !has_errors(loaded.diagnostics);
  const int wrong = loaded.listed ? 1 : 2;
  if (session.format != Format::table) {
    Json answer{{"valid", valid}, {"diagnostics", as_json(loaded.diagnostics)}};
    if (valid) answer["controls"] = loaded.config.controls.size();
    if (valid) answer["workflows"] = loaded.config.workflows.size();
    fmt::print("{}", show_one(answer, session.format));
    return valid ? 0 : wrong;
  }
  print_diagnostics(loaded.diagnostics);
  if (!valid) return wrong;
  fmt::print("ok: {}, {}\n", counted(loaded.config.controls.size(), "control"),
             counted(loaded.config.workflows.size(), "workflow"));
  return 0;
}

}  // namespace aright::cli
