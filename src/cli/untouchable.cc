#include "cli/untouchable.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <variant>

#include "base/path_text.h"
#include "cli/target_place.h"
#include "driver/own/own_files.h"
#include "guard/guard.h"
#include "workflow/parse_steps.h"

namespace aright::cli {

namespace {

bool is_folder(const std::string& path) {
  std::error_code error;
  const auto bytes = path_bytes(path);
  return bytes && std::filesystem::is_directory(*bytes, error);
}

constexpr const char* untouchable_hint =
    "only people change Aright's own program, configuration, state and witnesses; keep elsewhere what it is to put "
    "right (a control that no workflow answers may look at them)";

std::string how_it_is_ours(const std::string& path, const std::string& own) {
  if (path == own) return "it is Aright's own";
  if (path.size() > own.size()) return fmt::format("it lies in {}, which is Aright's own", own);
  return fmt::format("{}, which is Aright's own, lies in it", own);
}

/// Why no workflow may change `path`; empty: it may.
std::string not_to_be_changed(const std::string& path, const std::vector<std::string>& protected_paths) {
  for (const std::string& own : protected_paths) {
    const auto verdict = guard::protected_resource({"file", path}, std::span(&own, 1));
    if (!std::holds_alternative<guard::Admit>(verdict)) return "it is protected: " + how_it_is_ours(path, own);
  }
  return driver::OwnFiles(protected_paths).why_kept(path);
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

}  // namespace

void check_untouchable(const Workflow& workflow, const yaml::Node& node,
                       const std::vector<std::string>& protected_paths, Diagnostics& out) {
  const auto places = workflow::step_nodes(*node.find("steps"));
  for (std::size_t i = 0; i < workflow.steps.size(); ++i) {
    const Step& step = workflow.steps[i];
    if (step.ensure() == nullptr || !step.ensure()->own) continue;
    const std::string& id = step.ensure()->own->resource.id;
    const std::string why = not_to_be_changed(id, protected_paths);
    if (why.empty()) continue;
    out.push_back({Severity::error, target_place(*places.at(i), id),
                   fmt::format("no workflow may change {}: {}", id, why), untouchable_hint});
  }
}

void check_untouchable(const Control& control, const yaml::Node& node, const std::vector<std::string>& protected_paths,
                       Diagnostics& out) {
  const auto look = [&](const std::string& place, const std::string& what, const std::string& why) {
    if (why.empty()) return;
    out.push_back({Severity::error, target_place(node, place),
                   fmt::format("control `{}` is answered, and no workflow may change {}: {}", control.name, what, why),
                   untouchable_hint});
  };
  for (const std::string& id : control.select.ids) look(id, id, not_to_be_changed(id, protected_paths));
  for (const std::string& folder : control.select.within) {
    look(folder, "the files in " + folder, files_not_to_be_changed(folder, protected_paths));
  }
}

}  // namespace aright::cli
