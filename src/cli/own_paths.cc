#include "cli/own_paths.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/path_text.h"

namespace aright::cli {

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

void check_apart(const std::string& state, const std::string& config, Diagnostics& out) {
  const std::string inside = absolute(state);
  const std::string around = absolute(config);
  if (inside != around && !inside.starts_with(around + "/")) return;
  out.push_back(
      {Severity::error,
       {config, 0, 0},
       fmt::format("the state folder {} {} the configuration folder", state, inside == around ? "is" : "lies in"),
       "keep them apart: another folder with --state"});
}

}  // namespace aright::cli
