#include "cli/scan_command.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/config_folder.h"
#include "cli/diagnostics.h"
#include "cli/own_paths.h"
#include "cli/scan.h"
#include "cli/scan_report.h"
#include "cli/scan_waivers.h"
#include "cli/terminal_text.h"
#include "cli/words.h"
#include "driver/file/file_driver.h"

namespace aright::cli {

namespace {

/// A pipeline reads standard output, also when there is nothing but mistakes; people have read them already.
int refuse_scan(const Scan& scan, ScanFormat format, int code) {
  if (format != ScanFormat::table) fmt::print("{}", report(scan, format));
  return code;
}

/// Where nobody can tell which there are, what is wrong stays so.
void add_waivers(Scan& seen, const std::string& state, WallTime now) {
  const auto waivers = waivers_in(state);
  if (waivers) return take_waivers(seen, *waivers, now);
  seen.diagnostics.push_back({Severity::warning,
                              {},
                              "which waivers there are is not known: " + waivers.error().message,
                              "`--state` names the state folder of the daemon that has them"});
}

}  // namespace

void ScanCommand::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* command = app.add_subcommand("scan",
                                         "Every control once, without a daemon; exit code 1 when something is wrong, 2 "
                                         "when the folder has mistakes or cannot be read");
  command->callback([this, end] { end(look_and_fix()); });
  command->add_option("folder", options_.config, "Configuration folder")->required();
  command->add_option("--root", options_.root, "Base of relative paths in controls")->check(CLI::ExistingDirectory);
  CLI::Option* plan = command->add_flag("--plan", plan_, "Show what would have to change");
  command
      ->add_flag("--fix", fix_,
                 "Let the workflows in mode auto put it right, through their guards; recorded in the state folder")
      ->excludes(plan);
  command->add_option("-o,--output", format_, "How to print")
      ->check(CLI::IsMember({"table", "json", "yaml", "junit", "sarif"}))
      ->default_str("table");
}

/// Looks with the real drivers; `--fix` lets the engine act in between.
int ScanCommand::look_and_fix() {
  options_.state = session_.state;
  if (format_.empty()) format_ = format_word(session_.format);
  const ScanFormat format = *parse_scan_format(format_);
  ConfigOptions where{options_.root.empty() ? std::string() : absolute(options_.root),
                      protected_paths(options_.state, options_.config)};
  if (fix_) where.open_to_change = Severity::error;
  LoadedConfig loaded = load_config_folder(options_.config, where);
  if (fix_) check_apart(options_.state, options_.config, loaded.diagnostics);
  print_diagnostics(loaded.diagnostics);
  if (has_errors(loaded.diagnostics))
    return refuse_scan({{}, {}, std::move(loaded.diagnostics), options_.config}, format, 2);
  driver::FileDriver files;
  const Drivers drivers{{"file", &files}};
  const auto look = [&](bool plans) {
    const WallTime now = std::chrono::system_clock::now();
    Scan seen = scan(loaded.config, drivers, plans, now);
    seen.folder = options_.config;
    add_waivers(seen, options_.state, now);
    return seen;
  };
  Scan seen = look(plan_ || fix_);
  print_diagnostics(seen.diagnostics);
  seen.diagnostics.insert(seen.diagnostics.begin(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  if (fix_ && seen.count(ScanStatus::violation) != 0) {
    fmt::print(stderr, "--fix records in {}; `--state DIR` names another folder\n", safe(absolute(options_.state)));
    const auto outcomes = hooks_.fix(options_);
    if (!outcomes) {
      complain(outcomes.error());
      seen.diagnostics.push_back({Severity::error, {}, "--fix: " + outcomes.error().message, {}});
      return refuse_scan(seen, format, 1);
    }
    Scan after = look(true);
    after.diagnostics = seen.diagnostics;
    seen = after_fix(seen, std::move(after), *outcomes);
  }
  fmt::print("{}", report(seen, format));
  if (format_ == "table" && !plan_ && !fix_ && seen.count(ScanStatus::violation) != 0) {
    fmt::print(stderr, "`--plan` shows what would have to change\n");
  }
  return seen.clean() ? 0 : 1;
}

}  // namespace aright::cli
