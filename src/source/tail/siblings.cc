#include "source/tail/siblings.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace aright::source {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failed;
  std::filesystem::directory_iterator entry(folder, failed);
  for (const std::filesystem::directory_iterator end; !failed && entry != end; entry.increment(failed)) {
    paths.push_back(entry->path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::vector<std::string> rotated_names(const std::string& path) {
  const auto slash = path.rfind('/');
  std::vector<std::string> paths = files_in(slash == 0 ? "/" : path.substr(0, slash));
  std::erase_if(paths, [&](const std::string& other) {
    return !other.starts_with(path + ".") && !other.starts_with(path + "-");
  });
  return paths;
}

std::optional<std::uint32_t> rotation_number(const std::string& path, const std::string& rotated) {
  if (!rotated.starts_with(path + ".")) return std::nullopt;
  const std::string_view digits = std::string_view(rotated).substr(path.size() + 1);
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || stop != digits.data() + digits.size() || number == 0) return std::nullopt;
  return number;
}

}  // namespace aright::source
