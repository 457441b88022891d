// A folder of any five files ends in diagnostics or in a configuration that is read again as the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "cli/config_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace aright;

/// The five files stand one after another with this line between them.
constexpr std::string_view cut = "\n%%\n";

std::string_view take(std::string_view& rest) {
  const auto end = std::min(rest.find(cut), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + cut.size()));
  return part;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "aright-fuzz-XXXXXX").string();
    path_ = mkdtemp(name.data());
    for (const char* below : {"controls", "workflows", "sources"}) fs::create_directories(path_ / below);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  void write(const char* name, std::string_view text) const { std::ofstream(path_ / name, std::ios::binary) << text; }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  for (const char* name : {"aright.yaml", "controls/a.yaml", "workflows/a.yaml", "controls/b.yml", "sources/a.yaml"}) {
    folder.write(name, take(rest));
  }
  const auto loaded = cli::load_config_folder(folder.path(), {folder.path(), {}});
  for (const Diagnostic& d : loaded.diagnostics) demand(!render(d).empty());
  if (has_errors(loaded.diagnostics)) return 0;
  for (const Control& control : loaded.config.controls) {
    const auto again = Control::from_json(control.to_json());
    demand(again && again->hash() == control.hash());
  }
  for (const Workflow& workflow : loaded.config.workflows) {
    const auto again = Workflow::from_json(workflow.to_json());
    demand(again && again->version() == workflow.version());
  }
  return 0;
}
