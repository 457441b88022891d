#include "engine/explained_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aright::engine {

namespace {

constexpr std::string_view list_of_control = "list of control ";

}  // namespace

std::optional<Json> explained_list(const Core& core, const std::string& subject, WallTime now) {
  if (!subject.starts_with(list_of_control)) return std::nullopt;
  const std::string of = subject.substr(list_of_control.size());
  const auto control = std::ranges::find(core.config().controls, of, &Control::name);
  if (control == core.config().controls.end() || control->select.within.empty()) return std::nullopt;
  const auto trouble = core.troubles().find(subject);
  const std::string folders = fmt::format("{}", fmt::join(control->select.within, ", "));
  const std::string said = trouble == core.troubles().end()
                               ? fmt::format("{}: what is in {} can be listed", of, folders)
                               : fmt::format("{}: nobody knows what is in {}, so what is new there is not found: {}",
                                             of, folders, trouble->second.error);
  return Json{{"subject", subject},
              {"at", rfc3339(now)},
              {"controls", Json::array()},
              {"sentences", {said}},
              {"read", trouble == core.troubles().end() ? Json() : Json(trouble->second.error)},
              {"blocked", ""}};
}

std::string looked_into(const Config& config, const std::string& subject) {
  std::vector<std::string> names;
  for (const Control& control : config.controls) {
    const auto is_it = [&](const std::string& folder) { return control.driver + ":" + folder == subject; };
    if (std::ranges::any_of(control.select.within, is_it)) names.push_back(control.name);
  }
  if (names.empty()) return {};
  return fmt::format(
      "{} {} into this folder and {} about what it holds, each for itself: ask about one of these; "
      "`aright findings list` has those with a finding",
      fmt::join(names, ", "), names.size() == 1 ? "looks" : "look", names.size() == 1 ? "is" : "are");
}

}  // namespace aright::engine
