// Broken configuration → messages. A case is a text file; a new one needs no compiling:
//   === controls/a.yaml      a file of the configuration folder, until the next "==="
//   === messages             what `aright validate` prints about it, exactly; "ok" when nothing
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/config_folder.h"

namespace {

namespace fs = std::filesystem;

std::string render_all(const aright::Diagnostics& diagnostics) {
  std::string text;
  for (const aright::Diagnostic& d : diagnostics) text += render(d);
  return text.empty() ? "ok\n" : text;
}

class ConfigGolden : public testing::TestWithParam<std::string> {};

TEST_P(ConfigGolden, SaysExactly) {
  std::string name = (fs::canonical(fs::temp_directory_path()) / "aright-golden-XXXXXX").string();
  const fs::path folder = mkdtemp(name.data());
  std::ifstream in(fs::path(GOLDEN_FOLDER) / GetParam());
  std::ofstream out;
  std::ostringstream expected;
  bool messages = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      out.close();
      messages = line == "=== messages";
      const fs::path file = folder / line.substr(4);
      if (!messages) {
        fs::create_directories(file.parent_path());
        out.open(file);
      }
    } else if (messages) {
      expected << line << "\n";
    } else {
      out << line << "\n";
    }
  }
  out.close();
  const auto loaded = aright::cli::load_config_folder(folder.string(), {"", {"/var/lib/aright"}});
  std::string said = render_all(loaded.diagnostics);
  if (const auto at = said.find(folder.string()); at != std::string::npos) {
    said.replace(at, folder.string().size(), "FOLDER");
  }
  EXPECT_EQ(said, expected.str());
  fs::remove_all(folder);
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(GOLDEN_FOLDER)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, ConfigGolden, testing::ValuesIn(cases()), [](const auto& file) {
  std::string name = fs::path(file.param).stem().string();
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
