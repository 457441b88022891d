#include "cli/config_folder.h"

#include <dirent.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "base/path_text.h"
#include "cli/answer_checks.h"
#include "cli/budget_checks.h"
#include "cli/call_syntax.h"
#include "cli/conflict_checks.h"
#include "cli/event_controls.h"
#include "cli/file_syntax.h"
#include "cli/misplaced.h"
#include "cli/node_file.h"
#include "cli/open_to_change.h"
#include "cli/outsider_checks.h"
#include "cli/own_paths.h"
#include "cli/program_syntax.h"
#include "cli/rule_folder.h"
#include "cli/source_files.h"
#include "cli/strange_names.h"
#include "cli/team_checks.h"
#include "cli/unknown_fields.h"
#include "cli/untouchable.h"
#include "detect/parse_alert.h"
#include "detect/parse_control.h"
#include "driver/own/own_files.h"
#include "engine/event_sight.h"
#include "workflow/parse_steps.h"
#include "workflow/parse_workflow.h"

namespace aright::cli {

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

/// `below`: of the configuration folder; empty: that itself.
std::string why_no_folder(int err, const std::string& below) {
  if ((err == ENOENT || err == ENOTDIR) && !below.empty()) return below + "/ is a folder of *.yaml files";
  if (err == ENOENT || err == ENOTDIR)
    return "name the configuration folder: the one with controls/ and workflows/ in it";
  if (err == EACCES) return fmt::format("let user {} read this folder, or run as its owner", geteuid());
  return {};
}

class Loader {
 public:
  Loader(std::string folder, const ConfigOptions& options) : folder_(std::move(folder)), options_(options) {}

  LoadedConfig load() {
    auto names = list("");
    loaded_.listed = names.has_value();
    if (!names) return std::move(loaded_);
    strange_.take(*names, loaded_.diagnostics);
    const bool has_node = std::ranges::find(*names, "aright.yaml") != names->end();
    std::string root = has_node ? read_node() : std::string();
    if (!options_.root.empty()) root = options_.root;
    loaded_.root = root;
    protect_witnesses();
    context_.resources["file"] = file_syntax(folder_, root, strange_.read());
    context_.programs = program_syntax(std::make_shared<driver::OwnFiles>(options_.protected_paths));
    context_.calls = call_syntax(loaded_.destinations);
    for (const auto& [name, source] : loaded_.secrets) context_.secrets.push_back(name);
    for (const NotifierRule& rule : loaded_.config.notify.notifiers) context_.notifiers.push_back(rule.name);
    for (const Team& team : loaded_.config.teams) {
      if (!team.notifiers.empty()) context_.notifiers.push_back(team.name);
    }
    each("sources", *names, [this](const yaml::Node& node, const std::string& /*file*/) { take_source(node); });
    if (!take_rule_files(*names)) std::erase(*names, "controls");
    each("controls", *names, [this](const yaml::Node& node, const std::string& file) { take_control(node, file); });
    take_event_controls();
    controls_whole_ = !has_errors(loaded_.diagnostics);
    each("workflows", *names, [this](const yaml::Node& node, const std::string& file) { take_workflow(node, file); });
    loaded_.config.protected_paths = options_.protected_paths;
    cross_check();
    strange_.warn(loaded_.diagnostics);
    check_open_to_change(folder_, options_.open_to_change, loaded_.diagnostics);
    return std::move(loaded_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    loaded_.diagnostics.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }
  void warn(const Position& at, std::string message, std::string hint = {}) {
    loaded_.diagnostics.push_back({Severity::warning, at, std::move(message), std::move(hint)});
  }

  std::optional<std::vector<std::string>> list(const std::string& below) {
    const std::string path = below.empty() ? folder_ : folder_ + "/" + below;
    const std::unique_ptr<DIR, CloseDir> dir{opendir(path.c_str())};
    if (!dir) {
      const int err = errno;
      error({below.empty() ? folder_ : below, 0, 0}, errno_error(err, path).message, why_no_folder(err, below));
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (errno = 0; const dirent* entry = readdir(dir.get()); errno = 0) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    if (errno != 0) {  // a part of a configuration is none
      error({below.empty() ? folder_ : below, 0, 0}, errno_error(errno, path).message);
      return std::nullopt;
    }
    std::ranges::sort(names);
    return names;
  }

  std::optional<yaml::Node> read(const std::string& file) {
    const auto bytes = read_whole(folder_ + "/" + file, yaml::bytes_max);
    if (!bytes) {
      error({file, 0, 0}, bytes.error().message);
      return std::nullopt;
    }
    auto node = yaml::parse(*bytes, file, loaded_.diagnostics);
    if (node && node->kind == yaml::Node::Kind::null) {
      error({file, 0, 0}, "the file is empty");
      return std::nullopt;
    }
    return node;
  }

  /// What watches over us is nothing that we change.
  void protect_witnesses() {
    for (const WitnessPlace& witness : loaded_.witnesses) {
      if (witness.kind != WitnessPlace::Kind::file) continue;
      options_.protected_paths.push_back(path_text(absolute(witness.path)));
    }
  }

  std::string read_node() {
    const auto node = read("aright.yaml");
    node_read_ = node.has_value();
    if (!node) return {};
    loaded_.origin = origin_of_file(folder_ + "/aright.yaml");
    const std::string root = parse_node(*node, loaded_);
    return root.empty() || root.starts_with('/') ? root : absolute(folder_ + "/" + root);
  }

  template <class Take>
  void each(const std::string& kind, const std::vector<std::string>& present, Take take) {
    if (std::ranges::find(present, kind) == present.end()) return;
    const auto names = list(kind);
    unread_ = unread_ || !names;
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string file = kind + "/" + name;
      if (rule_files_.contains(file) || is_folder_of_rules(file)) continue;
      if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
        warn({file, 0, 0}, "only files named *.yaml or *.yml are read");
        continue;
      }
      const auto node = read(file);
      const bool whole = node && !misplaced(*node, kind, loaded_.diagnostics);
      if (whole) take(*node, file);
      if (!whole || node->kind != yaml::Node::Kind::map) unread_ = true;
    }
  }

  bool first_of_its_name(const std::string& what, const std::string& name, const yaml::Node& node,
                         const std::string& more = {}) {
    const auto [known, fresh] = places_.try_emplace(what + " " + name, node.at);
    if (fresh) return true;
    error(node.at, fmt::format("{} `{}` is defined twice", what, name),
          fmt::format("it stands first in {}:{}{}", known->second.file, known->second.line, more));
    return false;
  }

  void take_source(const yaml::Node& node) {
    if (const yaml::Node* name = node.find("source")) sources_.push_back(name->scalar);
    auto made = parse_source(node, loaded_.diagnostics, &loaded_.secrets);
    if (made && options_.looks_at_secrets) check_secrets(*made, node, loaded_.diagnostics);
    if (made && first_of_its_name("source", name_of(*made), node)) add_source(std::move(*made), loaded_);
  }

  /// Published files, below controls/ at any depth; what is none of them directly in controls/ is a control of ours.
  /// False: controls/ cannot be read at all, which is told.
  bool take_rule_files(const std::vector<std::string>& present) {
    if (std::ranges::find(present, "controls") == present.end()) return true;
    if (!list("controls")) {
      unread_ = true;
      return false;
    }
    const auto files = yaml_files(folder_ + "/controls");
    if (!files) {
      error({"controls", 0, 0}, files.error().message);
      return true;
    }
    for (const std::string& below : *files) {
      const std::string file = "controls/" + below;
      const auto text = read_whole(folder_ + "/" + file, yaml::bytes_max);
      const bool direct = below.find('/') == std::string::npos;
      if (!text) {
        if (!direct) error({file, 0, 0}, text.error().message);
      } else if (is_sigma(*text)) {
        event_controls_.add_rules(*text, file, loaded_.diagnostics);
        rule_files_.insert(file);
      } else if (!direct) {
        warn({file, 0, 0}, "only published Sigma rules are read in a folder of controls/",
             "put a control of your own directly into controls/");
      }
    }
    return true;
  }

  void take_event_controls() {
    for (PlacedControl& placed : event_controls_.make(has_sources(loaded_), loaded_.diagnostics)) {
      if (placed.control.name.empty()) continue;  // told
      declared_.push_back(placed.control.name);
      yaml::Node node;
      node.at = placed.at;
      if (first_of_its_name("control", placed.control.name, node, way_out(placed))) {
        loaded_.config.controls.push_back(std::move(placed.control));
      }
    }
    loaded_.rules = event_controls_.rules();
    check_sources(loaded_);
  }

  void take_control(const yaml::Node& node, const std::string& file) {
    if (node.find("sigma") != nullptr) {
      auto words = detect::parse_rule_words(node, loaded_.diagnostics);
      if (const yaml::Node* name = node.find("control")) declared_.push_back(name->scalar);
      if (words) event_controls_.add_words(std::move(*words));
      return;
    }
    const yaml::Node* name = node.find("control");
    if (name != nullptr) declared_.push_back(name->scalar);
    const bool is_alert = node.find("alert") != nullptr;
    auto control = is_alert ? detect::parse_alert(node, loaded_.diagnostics)
                            : detect::parse_control(node, context_, loaded_.diagnostics);
    if (control && is_alert && !unread_) {  // else the source may stand in a file that could not be read
      check_alert_sources(*control->alert, *node.find("alert"), sources_, loaded_.diagnostics);
    }
    if (control && control->name == engine::malformed_control) {
      return error(node.at, fmt::format("`{}` is the name of a control that Aright has by itself", control->name),
                   "give this one another name");
    }
    if (!control || !first_of_its_name("control", control->name, node)) return;
    take_head(*control, node, folder_ + "/" + file, loaded_.config.teams, loaded_.diagnostics);
    ages_.look("control", *control, node.at, loaded_.diagnostics);
    written_.try_emplace(control->name, node);
    loaded_.config.controls.push_back(std::move(*control));
  }

  bool is_folder_of_rules(const std::string& file) const {
    std::error_code none;
    return file.starts_with("controls/") && std::filesystem::is_directory(folder_ + "/" + file, none);
  }

  void take_workflow(const yaml::Node& node, const std::string& file) {
    auto workflow = workflow::parse_workflow(node, context_, loaded_.diagnostics);
    if (!unread_) check_answered(node, declared_, event_controls_.silent(), loaded_.diagnostics);
    if (!workflow || !first_of_its_name("workflow", workflow->name, node)) return;
    loaded_.workflow_places.emplace(workflow->name, node.at);
    for (const yaml::Node& item : workflow::answer_nodes(*node.find("answers"))) {
      answer_places_[workflow->name].push_back(item.at);
    }
    check_answers(*workflow, answer_places_[workflow->name], loaded_.config.controls, loaded_.diagnostics);
    if (controls_whole_) check_event_uses(*workflow, node, loaded_.config.controls, loaded_.diagnostics);
    if (controls_whole_) warn_of_outsiders_texts(*workflow, node, loaded_, loaded_.diagnostics);
    if (controls_whole_) warn_of_unknown_event_fields(*workflow, node, loaded_, loaded_.diagnostics);
    check_untouchable(*workflow, node, options_.protected_paths, loaded_.diagnostics);
    take_head(*workflow, node, folder_ + "/" + file, loaded_.config.teams, loaded_.diagnostics);
    ages_.look("workflow", *workflow, node.at, loaded_.diagnostics);
    if (node_read_) check_shared_budget(*workflow, node, loaded_.budget_places, loaded_.diagnostics);
    if (const Budget* own = workflow->guards.own_budget()) {
      budgets_.emplace_back(*own, node.find("guards")->find("budget")->at);
    }
    warn_of_stage_that_never_ends(*workflow, node, loaded_.config.budgets, loaded_.diagnostics);
    const auto& steps = workflow->steps;
    if (!std::ranges::any_of(steps, [](const Step& s) { return s.ensure() || s.exec() || s.call() || s.notify(); })) {
      warn(node.find("steps")->at, fmt::format("workflow `{}` does nothing: its steps only wait", workflow->name),
           "a step that acts or tells: `ensure`, `exec`, `call` or `notify`");
    }
    loaded_.config.workflows.push_back(std::move(*workflow));
  }

  /// What only says what is wrong does not say what would be right.
  void check_desired(const Workflow& workflow, const Control& control) {
    const bool uses_it = std::ranges::any_of(workflow.steps, [](const Step& step) { return step.cures(); });
    if ((control.violation.empty() && !control.on_events()) || !uses_it || !workflow.answers_to(control)) return;
    error(answer_places_.at(workflow.name).front(),
          fmt::format("workflow `{}` has a step `ensure: desired`, but control `{}` states no `desired`", workflow.name,
                      control.name),
          "give the step a resource and a state of its own, or the control a `desired`");
  }

  void check_populations() {
    if (unread_) return;  // the control may stand in a file that could not be read
    for (const SharedBudget& one : loaded_.config.budgets) {
      budgets_.emplace_back(one.budget, loaded_.budget_places.at(one.name));
    }
    for (const auto& [budget, at] : budgets_) {
      check_population(budget, at, loaded_.config.controls, declared_, loaded_.diagnostics);
    }
  }

  void cross_check() {
    const Config& config = loaded_.config;
    if (declared_.empty() && !has_errors(loaded_.diagnostics)) {
      error({"controls", 0, 0}, "there is no control, so there is nothing to do",
            "put a file like controls/motd.yaml into the configuration folder");
    }
    std::size_t rules_unanswered = 0;
    for (const Control& control : config.controls) {
      const bool answered =
          std::ranges::any_of(config.workflows, [&](const Workflow& w) { return w.answers_to(control); });
      if (answered) {
        check_untouchable(control, written_[control.name], options_.protected_paths, loaded_.diagnostics);
      }
      if (control.on_events() && !control.alert) {
        rules_unanswered += !answered && control.kind == ControlKind::sigma ? 1U : 0U;
      } else if (!answered && !has_errors(loaded_.diagnostics)) {
        warn(places_.at("control " + control.name), fmt::format("no workflow answers control `{}`", control.name),
             "its findings are recorded, and nothing more happens");
      }
    }
    if (rules_unanswered != 0 && !has_errors(loaded_.diagnostics)) {
      warn({"controls", 0, 0},
           fmt::format("{} answered by no workflow",
                       rules_unanswered == 1 ? "1 rule is" : fmt::format("{} rules are", rules_unanswered)),
           "their findings are recorded, and nothing more happens");
    }
    for (const Workflow& workflow : config.workflows) {
      for (const Control& control : config.controls) check_desired(workflow, control);
    }
    check_populations();
    if (!has_errors(loaded_.diagnostics)) {  // else a control or workflow that is meant may be missing here
      for (const Workflow& workflow : config.workflows) {
        warn_of_empty_answers(workflow, answer_places_.at(workflow.name), config.controls, loaded_.diagnostics);
      }
      for (const Control& control : config.controls) {
        check_answers_to(control, places_.at("control " + control.name), config.workflows, loaded_.diagnostics);
      }
    }
    check_conflicts(config, places_, loaded_.diagnostics);
  }

  std::string folder_;
  ConfigOptions options_;
  AgeWarnings ages_{options_.looked_at};
  LoadedConfig loaded_;
  DefinitionContext context_;
  EventControls event_controls_;
  StrangeNames strange_;
  std::set<std::string> rule_files_;
  std::vector<std::string> declared_;
  std::vector<std::string> sources_;  ///< names, as written
  std::map<std::string, Position> places_;
  std::map<std::string, yaml::Node> written_;                   ///< controls, by name
  std::map<std::string, std::vector<Position>> answer_places_;  ///< by workflow, as its answers
  std::vector<std::pair<Budget, Position>> budgets_;
  bool node_read_{true};        ///< aright.yaml, if there is one
  bool controls_whole_{false};  ///< none with a mistake is left out
  bool unread_{false};          ///< a definition file could not be read or parsed, or defines nothing
};

}  // namespace

LoadedConfig load_config_folder(const std::string& folder, const ConfigOptions& options) {
  return Loader(folder, options).load();
}

}  // namespace aright::cli
