#include "cli/untouchable.h"

#include <algorithm>
#include <filesystem>
#include <variant>

#include "base/path_text.h"
#include "driver/own/own_files.h"
#include "guard/guard.h"

namespace aright::cli {

namespace {

bool is_folder(const std::string& path) {
  std::error_code error;
  const auto bytes = path_bytes(path);
  return bytes && std::filesystem::is_directory(*bytes, error);
}

}  // namespace

std::string not_to_be_changed(const std::string& path, const std::vector<std::string>& protected_paths) {
  const auto verdict = guard::protected_resource({"file", path}, protected_paths);
  if (!std::holds_alternative<guard::Admit>(verdict)) return "it is protected";
  return driver::OwnFiles(protected_paths).why_kept(path);
}

std::string files_not_to_be_changed(const std::string& folder, const std::vector<std::string>& protected_paths) {
  std::vector<std::string> paths = protected_paths;
  std::erase_if(paths, [&](const std::string& path) {
    const bool above = (path + "/").starts_with(folder == "/" ? "/" : folder + "/") && path != folder;
    const bool direct = path.rfind('/') == (folder == "/" ? 0 : folder.size());
    return above && (!direct || is_folder(path));
  });
  return not_to_be_changed(folder, paths);
}

}  // namespace aright::cli
