#include "cli/replay_command.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/config_folder.h"
#include "cli/diagnostics.h"
#include "cli/fixture/version_results.h"
#include "cli/offline_log.h"
#include "cli/own_paths.h"
#include "cli/replay/replay_report.h"
#include "cli/words.h"
#include "driver/file/file_driver.h"

namespace aright::cli {

namespace {

/// "30d" ago, a day or a time.
WallTime since_time(const std::string& text) {
  return parse_past(text, std::chrono::system_clock::now()).value_or(WallTime{});  // it has been checked
}

/// Those that a daemon with this folder keeps in mode propose, since no test of them has passed.
Json untested(const engine::VersionTests& tests, const Config& config) {
  Json names = Json::array();
  if (tests.rule != engine::TestsRule::required) return names;
  for (const Workflow& workflow : config.workflows) {
    const auto result = std::ranges::find(tests.results, workflow.name, &engine::VersionTest::workflow);
    const bool passed = result != tests.results.end() && result->passed;
    if (workflow.mode > Mode::propose && !passed) names.push_back(workflow.name);
  }
  return names;
}

/// How many members the folders have that budgets take a share of, no log says: as they are now. By control.
std::map<std::string, std::vector<std::string>> members_now(const Config& config) {
  std::map<std::string, std::vector<std::string>> members;
  const auto list = [&](const Budget* budget) {
    const auto* name =
        budget == nullptr || !budget->population ? nullptr : std::get_if<std::string>(&*budget->population);
    if (name == nullptr) return;
    const auto control = std::ranges::find(config.controls, *name, &Control::name);
    if (control == config.controls.end() || control->select.within.empty() || members.contains(*name)) return;
    if (auto ids = driver::FileDriver().list(control->select)) members[*name] = std::move(*ids);
  };
  for (const Workflow& workflow : config.workflows) list(workflow.guards.own_budget());
  for (const SharedBudget& shared : config.budgets) list(&shared.budget);
  return members;
}

}  // namespace

void ReplayCommand::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* command = app.add_subcommand(
      "replay", "Bring the findings of the log through changed workflows and guards, touching nothing");
  command->add_option("--since", since_, "How far back, such as 30d, or a day or time in UTC")
      ->check(a_past_time())
      ->capture_default_str();
  command->add_option("--workflows", folder_,
                      "A whole configuration folder, such as a changed copy of the daemon's; without it, the running "
                      "daemon's as its files are now");
  command->add_option("--root", root_, "Base of relative paths")->check(CLI::ExistingDirectory);
  command->add_flag("--all", all_, "Also what would have been the same");
  command->add_option("-o,--output", output_, "How to print")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->default_str("table");
  command->callback([this, end] { end(play()); });
}

/// Its files may have been changed since it has read them: what a reload would bring.
Result<Done> ReplayCommand::ask_daemon() {
  const auto status = session_.get("/v1/status");
  if (!status) {
    return fail(status.error().code, status.error().message + "; without a daemon name a folder: --workflows DIR");
  }
  folder_ = status->value("config", "");
  if (root_.empty()) root_ = status->value("root", "");
  return Done{};
}

int ReplayCommand::play() {
  const WallTime since = since_time(since_);
  if (folder_.empty()) {
    if (auto ok = ask_daemon(); !ok) return complain(ok.error());
  }
  ConfigOptions where{root_.empty() ? std::string() : absolute(root_), protected_paths(session_.state, folder_)};
  where.looks_at_secrets = false;  // none is used
  LoadedConfig loaded = load_config_folder(folder_, where);
  const bool wrong = has_errors(loaded.diagnostics);
  const engine::VersionTests tests = wrong ? engine::VersionTests{} : play_tests(folder_, loaded);
  for (const Diagnostic& d : loaded.diagnostics) {
    if (d.severity == Severity::error) fmt::print(stderr, "{}", rendered(d));
  }
  if (wrong) return 2;
  std::optional<ToldLog> told;
  const auto read = read_log(session_.state + "/aright.db", [&](store::SqliteHistory& log) -> Result<Json> {
    if (auto ok = log.stand_still(); !ok) return std::unexpected(ok.error());
    auto all = told_log(log_parts(log), since);
    if (!all) return std::unexpected(all.error());
    told = std::move(*all);
    return Json();
  });
  if (!read) return complain_of_file(read.error());
  const auto members = members_now(loaded.config);
  std::vector<std::string> ids;
  for (const auto& [control, list] : members) ids.insert(ids.end(), list.begin(), list.end());
  Json said = replay_json(replay(*told, loaded, ids), *told, all_);
  said["since"] = rfc3339(since);
  said["untested"] = untested(tests, loaded.config);
  said["members_now"] = Json::object();
  for (const auto& [control, list] : members) said["members_now"][control] = list.size();
  const Format format = output_.empty() ? session_.format : format_of(output_);
  fmt::print("{}", format == Format::table ? replay_text(said) : show_one(said, format));
  return 0;
}

}  // namespace aright::cli
