#include "cli/test_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/config_folder.h"
#include "cli/diagnostics.h"
#include "cli/fixture/folder_changes.h"
#include "cli/fixture/record_run.h"
#include "cli/fixture/test_report.h"
#include "cli/own_paths.h"
#include "cli/terminal_text.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

void tell(const Diagnostics& diagnostics) { print_diagnostics(diagnostics); }

void print(const TestedFolder& tested, const std::string& format, bool coverage) {
  if (format == "junit") return fmt::print("{}", tests_as_junit(tested));
  if (format == "json") return fmt::print("{}", show_one(tests_as_json(tested), Format::json));
  if (format == "yaml") return fmt::print("{}", show_one(tests_as_json(tested), Format::yaml));
  fmt::print("{}", tests_as_table(tested, coverage));
}

constexpr std::size_t names_told = 5;

/// The nearest to what was meant, if one is near, and some that there are.
std::string hint_of_none(const TestedFolder& tested, const std::string& only) {
  if (tested.names.empty()) return "put a file like tests/motd.yaml into the configuration folder";
  std::vector<std::string> quoted;
  for (const std::string& name : tested.names) {
    if (quoted.size() < names_told) quoted.push_back("`" + name + "`");
  }
  const std::size_t more = tested.names.size() - quoted.size();
  const auto near = nearest(only, tested.names);
  return fmt::format("{}there {} {}{}", near ? fmt::format("did you mean `{}`? ", *near) : std::string(),
                     tested.names.size() == 1 ? "is" : "are", fmt::join(quoted, ", "),
                     more == 0 ? std::string() : fmt::format(" and {} more", more));
}

/// Whoever has to know whether a folder's tests pass is not helped by silence.
void tell_of_none(TestedFolder& tested, const std::string& only) {
  if (!tested.fixtures.empty() || has_errors(tested.diagnostics)) return;
  tested.diagnostics.push_back({Severity::error,
                                {"tests", 0, 0},
                                only.empty() ? "there is no test" : "there is no test `" + only + "`",
                                hint_of_none(tested, only)});
}

}  // namespace

void TestCommands::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* command = app.add_subcommand(
      "test",
      "Play the fixtures in tests/ of a configuration folder, touching nothing; exit code 1 when one fails, 2 when "
      "the folder has mistakes or cannot be read");
  command->add_option("folder", folder_, "Configuration folder")->required();
  command->add_option("--root", root_, "Base of relative paths")->check(CLI::ExistingDirectory);
  command->add_option("--only", only_, "The one test with this name");
  command->add_flag("--coverage", coverage_,
                    "List the controls, workflows, guards and branches that no test exercises");
  command->add_flag("--watch", watch_, "Play them again whenever a file of the folder changes");
  command->add_option("--record", recorded_, "Write a fixture of this run, which the daemon of --state has done")
      ->check(a_number())
      ->excludes("--only", "--watch", "--coverage");
  command->add_option("--to,--out", to_, "The new file that it goes to; else tests/recorded-RUN.yaml of the folder")
      ->needs("--record");
  command->add_option("-o,--output", format_, "How to print")
      ->check(CLI::IsMember({"table", "json", "yaml", "junit"}))
      ->default_str("table");
  command->callback([this, end] {
    if (format_.empty()) format_ = format_word(session_.format);
    if (!recorded_.empty()) return end(record());
    end(watch_ ? run_on_changes() : run_once());
  });
}

LoadedConfig TestCommands::load() const {
  ConfigOptions where{root_.empty() ? std::string() : absolute(root_), protected_paths(session_.state, folder_)};
  where.looks_at_secrets = false;  // they are where the daemon runs, tests also elsewhere
  return load_config_folder(folder_, where);
}

int TestCommands::record() const {
  const LoadedConfig loaded = load();
  tell(loaded.diagnostics);
  if (has_errors(loaded.diagnostics)) return 2;
  const auto run = record_run({session_.state + "/aright.db", folder_, recorded_, to_}, loaded);
  if (!run) return complain_of_file(run.error());
  if (run->differs.empty()) {
    fmt::print("{}\n", safe(run->file));
    return 0;
  }
  std::istringstream lines(run->text);
  for (std::string line; std::getline(lines, line);) fmt::print(stderr, "{}\n", safe(line));
  for (const std::string& line : run->differs) fmt::print(stderr, "{}\n", safe(line));
  const std::string why =
      run->why.empty()
          ? fmt::format("where that is meant, put the text above into a new file in {}/tests, with it under `expect`",
                        folder_)
          : run->why;
  return complain({Errc::conflict, Retry::no,
                   fmt::format("run {} is not recorded: with {} it comes out otherwise, as told above; {}", recorded_,
                               folder_, why)});
}

int TestCommands::run_once() const {
  LoadedConfig loaded = load();
  TestedFolder tested;
  bool mistakes = has_errors(loaded.diagnostics);
  if (!mistakes) {
    tested = test_folder(folder_, loaded, only_);
    mistakes = has_errors(tested.diagnostics);
    tell_of_none(tested, only_);
  }
  tested.diagnostics.insert(tested.diagnostics.begin(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  tell(tested.diagnostics);
  if (has_errors(loaded.diagnostics) && format_ == "table") return 2;
  print(tested, format_, coverage_);
  if (tested.passed()) return 0;
  const bool failed = std::ranges::any_of(tested.fixtures, [](const auto& one) { return !one.mismatches.empty(); });
  return mistakes && !failed ? 2 : 1;
}

int TestCommands::run_on_changes() const {
  while (true) {
    auto changes = FolderChanges::in(folder_);  // before they are read: no change is missed
    if (!changes) return complain(changes.error());
    (void)run_once();
    if (std::fflush(stdout) != 0) return 0;  // `end_output` says it
    if (auto ok = changes->wait(); !ok) return complain(ok.error());
  }
}

}  // namespace aright::cli
