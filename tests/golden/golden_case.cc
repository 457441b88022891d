#include "golden_case.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace aright::golden {

namespace fs = std::filesystem;

Parts read_case(const fs::path& file) {
  Parts parts;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      parts.emplace_back(line.substr(4), "");
    } else if (!parts.empty()) {
      parts.back().second += line + "\n";
    }
  }
  return parts;
}

std::string part(const Parts& parts, const std::string& name) {
  const auto found = std::ranges::find(parts, name, &Parts::value_type::first);
  return found == parts.end() ? std::string() : found->second;
}

fs::path make_folder(const Parts& parts) {
  std::string name = (fs::canonical(fs::temp_directory_path()) / "aright-golden-XXXXXX").string();
  fs::path folder = mkdtemp(name.data());
  for (const auto& [file, text] : parts) {
    if (file.find('/') == std::string::npos && !file.ends_with(".yaml")) continue;
    fs::create_directories((folder / file).parent_path());
    std::ofstream(folder / file) << text;
  }
  return folder;
}

std::vector<std::string> cases(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(GOLDEN_FOLDER) / kind)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string test_name(const std::string& file) {
  std::string name = fs::path(file).stem().string();
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

}  // namespace aright::golden
