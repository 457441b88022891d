#include "cli/config_folder.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>

#include "base/path_text.h"
#include "cli/file_syntax.h"
#include "detect/compare.h"
#include "detect/parse_control.h"
#include "guard/guard.h"
#include "http/socket.h"
#include "workflow/parse_workflow.h"

namespace aright::cli {

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

bool is_folder(const std::string& path) {
  std::error_code error;
  const auto bytes = path_bytes(path);
  return bytes && std::filesystem::is_directory(*bytes, error);
}

/// `path` or a folder above it is the state folder of a daemon, ours or another.
bool in_state_folder(const std::string& path) {
  std::error_code error;
  const auto bytes = path_bytes(path);
  for (std::filesystem::path at{bytes ? *bytes : path};; at = at.parent_path()) {
    if (std::filesystem::exists(at / "signing.key", error) && std::filesystem::exists(at / "aright.db", error)) {
      return true;
    }
    if (at == at.parent_path()) return false;
  }
}

/// Why no workflow may change `path`; empty: it may.
std::string not_to_be_changed(const std::string& path, const std::vector<std::string>& protected_paths) {
  const auto verdict = guard::protected_resource({"file", path}, protected_paths);
  if (!std::holds_alternative<guard::Admit>(verdict)) return "it is protected";
  return in_state_folder(path) ? "it is in the state folder of a daemon" : std::string();
}

/// The same of the files directly in `folder`. A folder in it that is protected is none of them.
std::string files_not_to_be_changed(const std::string& folder, const std::vector<std::string>& protected_paths) {
  std::vector<std::string> paths = protected_paths;
  std::erase_if(paths, [&](const std::string& path) {
    const bool above = (path + "/").starts_with(folder == "/" ? "/" : folder + "/") && path != folder;
    const bool direct = path.rfind('/') == (folder == "/" ? 0 : folder.size());
    return above && (!direct || is_folder(path));
  });
  return not_to_be_changed(folder, paths);
}

class Loader {
 public:
  Loader(std::string folder, const ConfigOptions& options) : folder_(std::move(folder)), options_(options) {}

  LoadedConfig load() {
    const auto names = list("");
    if (!names) return std::move(loaded_);
    for (const std::string& name : *names) {
      static const std::vector<std::string> known{"aright.yaml", "controls", "workflows", "files", "sources", "tests"};
      if (std::ranges::find(known, name) == known.end() && !name.starts_with("README")) {
        warn({name, 0, 0}, fmt::format("`{}` is not read", name), suggest(name, known, "names"));
      }
    }
    const bool has_node = std::ranges::find(*names, "aright.yaml") != names->end();
    std::string root = has_node ? read_node() : std::string();
    if (!options_.root.empty()) root = options_.root;
    context_.resources["file"] = file_syntax(folder_, root);
    each("controls", *names, [this](const yaml::Node& node, const std::string& file) { take_control(node, file); });
    each("workflows", *names, [this](const yaml::Node& node, const std::string& file) { take_workflow(node, file); });
    loaded_.config.protected_paths = options_.protected_paths;
    cross_check();
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
      error({below.empty() ? folder_ : below, 0, 0}, errno_error(errno, path).message);
      return std::nullopt;
    }
    std::vector<std::string> names;
    while (const dirent* entry = readdir(dir.get())) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
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

  std::string read_node() {
    const auto node = read("aright.yaml");
    if (!node) return {};
    yaml::Fields in(*node, "aright.yaml", loaded_.diagnostics);
    loaded_.listen = in.text("listen").value_or("");
    if (in.node("listen") != nullptr && !loaded_.listen.empty()) {
      if (auto ok = http::check_address(loaded_.listen); !ok) in.error(in.node("listen")->at, ok.error().message);
    }
    std::string root = in.text("root").value_or("");
    if (!root.empty() && !root.starts_with('/')) in.error(in.node("root")->at, "`root` must be an absolute path");
    for (const char* key : {"teams", "notify", "limits"}) in.not_yet(key);
    in.finish();
    return root;
  }

  template <class Take>
  void each(const std::string& kind, const std::vector<std::string>& present, Take take) {
    if (std::ranges::find(present, kind) == present.end()) return;
    const auto names = list(kind);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string file = kind + "/" + name;
      if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
        warn({file, 0, 0}, "only files named *.yaml are read");
        continue;
      }
      if (const auto node = read(file)) {
        take(*node, file);
      } else {
        unread_ = true;
      }
    }
  }

  bool first_of_its_name(const std::string& what, const std::string& name, const yaml::Node& node) {
    const auto [known, fresh] = places_.try_emplace(what + " " + name, node.at);
    if (fresh) return true;
    error(node.at, fmt::format("{} `{}` is defined twice", what, name),
          fmt::format("it stands first in {}:{}", known->second.file, known->second.line));
    return false;
  }

  void take_control(const yaml::Node& node, const std::string& /*file*/) {
    const yaml::Node* name = node.find("control");
    if (name != nullptr) declared_.push_back(name->scalar);
    auto control = detect::parse_control(node, context_, loaded_.diagnostics);
    if (!control || !first_of_its_name("control", control->name, node)) return;
    loaded_.config.controls.push_back(std::move(*control));
  }

  void take_workflow(const yaml::Node& node, const std::string& /*file*/) {
    auto workflow = workflow::parse_workflow(node, context_, loaded_.diagnostics);
    if (!workflow || !first_of_its_name("workflow", workflow->name, node)) return;
    check_answers(*workflow, node);
    check_protected(*workflow, node);
    loaded_.config.workflows.push_back(std::move(*workflow));
  }

  void check_answers(const Workflow& workflow, const yaml::Node& node) {
    if (unread_) return;  // the control may stand in a file that could not be read
    for (const Answer& answer : workflow.answers) {
      if (answer.control.empty() || std::ranges::find(declared_, answer.control) != declared_.end()) continue;
      error(node.find("answers")->at,
            fmt::format("workflow `{}` answers `{}`, which is no control", workflow.name, answer.control),
            suggest(answer.control, declared_, "controls"));
    }
  }

  void check_protected(const Workflow& workflow, const yaml::Node& node) {
    for (const Step& step : workflow.steps) {
      if (!step.own) continue;
      const std::string why = not_to_be_changed(step.own->resource.id, options_.protected_paths);
      if (why.empty()) continue;
      error(node.find("steps")->at, fmt::format("no workflow may change {}: {}", step.own->resource.id, why));
    }
  }

  /// An answered control names what a workflow changes, as much as a step does.
  void check_protected(const Control& control) {
    for (const std::string& id : control.select.ids) {
      const std::string why = not_to_be_changed(id, options_.protected_paths);
      if (why.empty()) continue;
      error(places_.at("control " + control.name),
            fmt::format("control `{}` is answered, and no workflow may change {}: {}", control.name, id, why));
    }
    for (const std::string& folder : control.select.within) {
      const std::string why = files_not_to_be_changed(folder, options_.protected_paths);
      if (why.empty()) continue;
      error(places_.at("control " + control.name),
            fmt::format("control `{}` is answered, and no workflow may change the files in {}: {}", control.name,
                        folder, why));
    }
  }

  void cross_check() {
    const Config& config = loaded_.config;
    if (declared_.empty() && !has_errors(loaded_.diagnostics)) {
      error({"controls", 0, 0}, "there is no control, so there is nothing to do",
            "put a file like controls/motd.yaml into the configuration folder");
    }
    for (const Control& control : config.controls) {
      const bool answered =
          std::ranges::any_of(config.workflows, [&](const Workflow& w) { return w.answers_to(control); });
      if (answered) check_protected(control);
      if (!answered && !has_errors(loaded_.diagnostics)) {
        warn(places_.at("control " + control.name), fmt::format("no workflow answers control `{}`", control.name),
             "its findings are recorded, and nothing more happens");
      }
    }
    std::map<std::string, std::vector<const Control*>> by_path;
    for (const Control& control : config.controls) {
      for (const std::string& id : control.select.ids) {
        for (const Control* other : by_path[id]) {
          if (!detect::contradict(other->desired.fields, control.desired.fields)) continue;
          warn(places_.at("control " + control.name),
               fmt::format("controls `{}` and `{}` want {} differently", other->name, control.name, id));
        }
        by_path[id].push_back(&control);
      }
    }
  }

  std::string folder_;
  const ConfigOptions& options_;
  LoadedConfig loaded_;
  DefinitionContext context_;
  std::vector<std::string> declared_;
  std::map<std::string, Position> places_;
  bool unread_{false};  ///< a definition file could not be read or parsed
};

}  // namespace

std::string absolute(const std::string& path) {
  std::error_code error;
  auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  if (!error && !whole.has_filename()) whole = whole.parent_path();  // "state/" of what is not there
  return error ? path : whole.string();
}

std::vector<std::string> protected_paths(const std::string& state, const std::string& config) {
  std::vector<std::string> paths;
  for (const std::string& path : {state, std::string("/proc/self/exe"), config}) {
    paths.push_back(path_text(absolute(path)));
  }
  return paths;
}

LoadedConfig load_config_folder(const std::string& folder, const ConfigOptions& options) {
  return Loader(folder, options).load();
}

}  // namespace aright::cli
