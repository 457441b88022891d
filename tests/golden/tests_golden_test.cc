// Configuration and fixtures → what `aright test` says. A case is a text file; a new one needs no compiling:
//   === controls/a.yaml, === workflows/w.yaml, === tests/t.yaml …    a configuration folder
//   === said          mistakes, then the table with what is never exercised, exactly
#include <gtest/gtest.h>

#include "cli/config_folder.h"
#include "cli/fixture/test_report.h"
#include "golden_case.h"

namespace aright::golden {
namespace {

std::string all_mistakes(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += render(d);
  return text;
}

class TestsGolden : public testing::TestWithParam<std::string> {};

TEST_P(TestsGolden, SaysExactly) {
  const Parts parts = read_case(std::filesystem::path(GOLDEN_FOLDER) / "tests" / GetParam());
  const auto folder = make_folder(parts);
  cli::ConfigOptions options{"/srv", {"/var/lib/aright"}};
  options.looks_at_secrets = false;
  const auto loaded = cli::load_config_folder(folder.string(), options);
  ASSERT_FALSE(has_errors(loaded.diagnostics)) << all_mistakes(loaded.diagnostics);
  const auto tested = cli::test_folder(folder.string(), loaded);
  EXPECT_EQ(all_mistakes(tested.diagnostics) + cli::tests_as_table(tested, true), part(parts, "said"));
  EXPECT_EQ(cli::tests_as_json(cli::test_folder(folder.string(), loaded)), cli::tests_as_json(tested))
      << "the same twice";
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Cases, TestsGolden, testing::ValuesIn(cases("tests")),
                         [](const auto& file) { return test_name(file.param); });

}  // namespace
}  // namespace aright::golden
