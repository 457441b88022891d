#include "cli/rule_folder.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/yaml.h"
#include "cli/event_controls.h"
#include "cli/file_syntax.h"
#include "detect/parse_alert.h"
#include "detect/parse_rule_words.h"

namespace aright::cli {

namespace {

namespace fs = std::filesystem;

void take_own(const std::string& text, const std::string& file, EventControls& rules, RuleFolder& into) {
  const std::size_t before = into.diagnostics.size();
  const auto node = yaml::parse(text, file, into.diagnostics);
  if (!node) return;
  if (node->find("sigma") != nullptr) {
    auto words = detect::parse_rule_words(*node, into.diagnostics);
    if (words) rules.add_words(std::move(*words));
    return;
  }
  if (node->find("alert") == nullptr) {
    ++into.others;
    return;
  }
  auto control = detect::parse_alert(*node, into.diagnostics);
  if (control && !has_errors(into.diagnostics, before)) into.alerts.push_back(std::move(*control));
}

}  // namespace

Result<std::vector<std::string>> yaml_files(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, error);
  if (error) return std::unexpected(errno_error(error.value(), folder));
  for (const fs::recursive_directory_iterator end; walk != end; walk.increment(error)) {
    if (error) return std::unexpected(errno_error(error.value(), folder));
    const std::string extension = walk->path().extension().string();
    if (walk->is_regular_file(error) && (extension == ".yml" || extension == ".yaml")) {
      files.push_back(walk->path().lexically_relative(folder).string());
    }
  }
  std::ranges::sort(files);
  return files;
}

Result<RuleFolder> read_rule_folder(const std::string& folder) {
  const auto files = yaml_files(folder);
  if (!files) return std::unexpected(files.error());
  RuleFolder loaded;
  EventControls rules;
  for (const std::string& file : *files) {
    ++loaded.files;
    const auto text = read_whole((fs::path(folder) / file).string(), yaml::bytes_max);
    if (!text) {
      loaded.diagnostics.push_back({Severity::error, {file, 0, 0}, text.error().message, {}});
      continue;
    }
    if (is_own_control(*text)) {
      take_own(*text, file, rules, loaded);
      continue;
    }
    rules.add_rules(*text, file, loaded.diagnostics);
  }
  for (PlacedControl& made : rules.make(false, loaded.diagnostics)) {
    loaded.controls.emplace(made.rule, std::move(made.control));
  }
  loaded.rules = rules.rules() ? rules.rules() : std::make_shared<const detect::sigma::RuleSet>();
  std::set<std::string> mistaken;
  for (const Diagnostic& d : loaded.diagnostics) {
    if (d.severity == Severity::error) mistaken.insert(d.at.file);
  }
  loaded.mistaken = mistaken.size();
  return loaded;
}

}  // namespace aright::cli
