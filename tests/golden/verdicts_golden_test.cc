// Findings + history → verdicts of the guards that count. A case is a text file; a new one needs no compiling:
//   === controls/a.yaml, === workflows/w.yaml    a configuration with one workflow
//   === history       what was admitted before, a line each: TIME SUBJECT
//   === findings      what is asked, a line each: TIME SUBJECT; what is admitted joins the history. Between them:
//                     `clock +1h` (the wall clock is set forward, or back), `reboot`
//   === verdicts      a line for each finding: its line, and what the guards say, exactly
// TIME is since the beginning: 0, 90s, 2h.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/time.h"
#include "cli/config_folder.h"
#include "golden_case.h"
#include "guard/guard.h"

namespace aright::golden {
namespace {

/// Time as the machine of a case sees it.
class Clock {
 public:
  [[nodiscard]] Now at(Nanos time) const {
    return {WallTime{std::chrono::hours{1'000'000}} + time + set_by_, time - booted_at_ + std::chrono::hours{1},
            fmt::format("boot-{}", boots_)};
  }
  void set(Nanos by) { set_by_ += by; }
  void reboot(Nanos time) {
    booted_at_ = time;
    ++boots_;
  }

 private:
  Nanos set_by_{0};
  Nanos booted_at_{0};
  int boots_{0};
};

Nanos duration(const std::string& text) {
  if (text == "0") return Nanos{0};
  const bool back = text.starts_with("-");
  const auto nanos = parse_duration(text.substr(back || text.starts_with("+") ? 1 : 0));
  EXPECT_TRUE(nanos) << text;
  return nanos ? (back ? -*nanos : *nanos) : Nanos{0};
}

/// The order of the engine: cool-down first.
std::string verdict_of(const guard::Question& question) {
  const auto cooling = guard::cool_down(question);
  if (const auto* wait = std::get_if<guard::Suppress>(&cooling)) {
    return fmt::format("suppress: {}: {}; again after {}", wait->guard, wait->reason,
                       format_duration(wait->again_after));
  }
  const auto counted = guard::threshold(question);
  if (const auto* held = std::get_if<guard::Hold>(&counted))
    return fmt::format("hold: {}: {}", held->guard, held->reason);
  return "admit";
}

class VerdictsGolden : public testing::TestWithParam<std::string> {};

TEST_P(VerdictsGolden, SaysExactly) {
  const Parts parts = read_case(std::filesystem::path(GOLDEN_FOLDER) / "verdicts" / GetParam());
  const auto folder = make_folder(parts);
  const auto loaded = cli::load_config_folder(folder.string(), {"", {"/var/lib/aright"}});
  std::filesystem::remove_all(folder);
  for (const Diagnostic& d : loaded.diagnostics) ADD_FAILURE() << render(d);
  ASSERT_EQ(loaded.config.workflows.size(), 1U);
  const Workflow& workflow = loaded.config.workflows.front();
  Clock clock;
  guard::Tally admitted;
  std::string said;
  Nanos last{0};
  std::istringstream all(part(parts, "history") + "-- --\n" + part(parts, "findings"));
  bool history = true;
  for (std::string first, second; all >> first;) {
    if (first == "reboot") {
      clock.reboot(last);
      continue;
    }
    ASSERT_TRUE(all >> second) << first;
    if (first == "--") {
      history = false;
    } else if (first == "clock") {
      clock.set(duration(second));
    } else {
      last = duration(first);
      const Now now = clock.at(last);
      const std::string verdict = history ? "admit" : verdict_of({workflow, second, admitted, now});
      if (verdict == "admit") admitted.add(admitted.size(), {second, Moment::of(now)}, false);
      if (!history) said += fmt::format("{} {}: {}\n", first, second, verdict);
    }
  }
  EXPECT_EQ(said, part(parts, "verdicts"));
}

INSTANTIATE_TEST_SUITE_P(Cases, VerdictsGolden, testing::ValuesIn(cases("verdicts")),
                         [](const auto& file) { return test_name(file.param); });

}  // namespace
}  // namespace aright::golden
