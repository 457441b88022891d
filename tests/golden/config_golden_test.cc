// Broken configuration → messages. A case is a text file; a new one needs no compiling:
//   === controls/a.yaml      a file of the configuration folder
//   === messages             what `aright validate` prints about it, exactly; "ok" when nothing
#include <gtest/gtest.h>

#include "cli/config_folder.h"
#include "golden_case.h"

namespace aright::golden {
namespace {

std::string render_all(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += render(d);
  return text.empty() ? "ok\n" : text;
}

class ConfigGolden : public testing::TestWithParam<std::string> {};

TEST_P(ConfigGolden, SaysExactly) {
  const Parts parts = read_case(std::filesystem::path(GOLDEN_FOLDER) / "config" / GetParam());
  const auto folder = make_folder(parts);
  const auto loaded = cli::load_config_folder(folder.string(), {"", {"/var/lib/aright"}});
  std::string said = render_all(loaded.diagnostics);
  if (const auto at = said.find(folder.string()); at != std::string::npos) {
    said.replace(at, folder.string().size(), "FOLDER");
  }
  EXPECT_EQ(said, part(parts, "messages"));
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Cases, ConfigGolden, testing::ValuesIn(cases("config")),
                         [](const auto& file) { return test_name(file.param); });

}  // namespace
}  // namespace aright::golden
