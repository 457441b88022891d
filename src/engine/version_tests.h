// Which versions of workflows may go above mode propose: their tests have passed here, or a person lets them without.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/workflow.h"

namespace aright::engine {

/// `tests:` of aright.yaml.
enum class TestsRule : std::uint8_t {
  off,       ///< no test is played
  warn,      ///< what goes above propose untested is told
  required,  ///< and does not go there
};

[[nodiscard]] std::string_view name(TestsRule rule);

/// What controls demand of which resources: `desired`, `violation` and what they select. Names, titles, owners, and
/// controls on events, are no part of it. Each control is digested once.
class Demands {
 public:
  explicit Demands(const std::vector<Control>& controls);  ///< which outlive it

  /// Hex SHA-256 of those that it answers.
  [[nodiscard]] std::string on(const Workflow& workflow) const;

 private:
  std::vector<std::pair<const Control*, std::string>> digests_;
};

/// What acts: a version of a workflow, on what its controls demand.
struct ActingVersion {
  std::string hash;
  std::string demands{};  ///< as `Demands` has them; empty: recorded before they were

  bool operator==(const ActingVersion&) const = default;
};

/// What the tests said of one version of a workflow.
struct VersionTest {
  std::string workflow;
  std::string hash;
  bool passed{false};      ///< at least one that expects something of it, and none failed
  std::uint64_t cases{0};  ///< fixtures that failed, or expect something of it
  std::string demands{};   ///< of its controls, as they were played; empty: recorded before they were

  bool operator==(const VersionTest&) const = default;
};

/// As played over a configuration; of a workflow that took part in none there is no result.
struct VersionTests {
  TestsRule rule{TestsRule::off};
  std::vector<VersionTest> results{};
};

/// What the entries say of versions. By workflow only the newest of each kind counts.
class TestedVersions {
 public:
  void take(VersionTest test);
  void let(const std::string& workflow, ActingVersion version);               ///< a person did, for this version
  bool planned(const std::string& workflow, const std::string& hash);         ///< in mode plan; false: it was known
  void told_unplanned(const std::string& workflow, const std::string& hash);  ///< that it acts without
  void forget(const std::string& workflow);

  [[nodiscard]] const VersionTest* test(const std::string& workflow) const;  ///< nullptr: none was ever played
  [[nodiscard]] bool is_let(const std::string& workflow, const ActingVersion& version) const;
  [[nodiscard]] bool was_planned(const std::string& workflow, const std::string& hash) const;
  [[nodiscard]] bool was_told_unplanned(const std::string& workflow, const std::string& hash) const;
  /// Empty: tests of this version, with these demands, have passed. "no test of this version was played", "2 tests of
  /// it …".
  [[nodiscard]] std::string why_not(const std::string& workflow, const ActingVersion& version) const;

  /// Errc::denied: it may not act by itself, and why, and what to do.
  [[nodiscard]] Result<Done> may_act(const std::string& workflow, const ActingVersion& version) const;
  /// What whoever lets a version act should know of it; empty: nothing.
  [[nodiscard]] std::string warning_of(const std::string& workflow, const ActingVersion& version) const;

  [[nodiscard]] Json to_json() const;  ///< an empty object: nothing is known
  static Result<TestedVersions> from_json(const Json& doc);
  bool operator==(const TestedVersions&) const = default;

 private:
  std::map<std::string, VersionTest> tests_;
  std::map<std::string, ActingVersion> let_;      ///< workflow → version
  std::map<std::string, std::string> planned_;    ///< workflow → version
  std::map<std::string, std::string> unplanned_;  ///< workflow → version
};

/// What whoever puts versions in force is told of them, a line each.
struct VersionLines {
  std::vector<std::string> untested;   ///< does not act, or does without tests
  std::vector<std::string> unplanned;  ///< acts, and never ran in mode plan
};

inline constexpr std::string_view expects_nothing =
    "the tests it takes part in expect nothing of its runs, plans or effects";
/// "this version has never run in mode plan on this node".
inline constexpr std::string_view never_planned = "this version has never run in mode plan on this node";
/// "workflow fix acts by itself, and …".
[[nodiscard]] std::string unplanned_line(const std::string& workflow);
/// What to do about a version whose tests have not passed.
[[nodiscard]] std::string how_to_test(const std::string& workflow);
/// "stays in mode propose": what the rule makes of one that goes above it otherwise.
[[nodiscard]] std::string_view what_untested_does(TestsRule rule);
/// "workflow fix stays in mode propose: WHY; write a test …".
[[nodiscard]] std::string untested_line(TestsRule rule, const std::string& workflow, const std::string& why);

}  // namespace aright::engine
