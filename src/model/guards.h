// What may hold a workflow's runs back, as its file says it. The verdicts are given in room `guard`.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright {

class DocReader;

/// What is counted together.
enum class Per : std::uint8_t {
  workflow,
  subject,
  resource,    ///< each one that the run's steps change
  expression,  ///< what `key` comes to
};
[[nodiscard]] std::string_view name(Per per);
[[nodiscard]] std::optional<Per> parse_per(std::string_view text);

/// `runs` admissions within (now − within, now] are allowed; the next is held.
struct Threshold {
  std::uint32_t runs{3};
  std::chrono::nanoseconds within{std::chrono::minutes{10}};
  Per per{Per::workflow};
  std::string key{};  ///< per expression: a text with `${ … }` over `finding`, `control` and `event`; otherwise empty
  /// As it is written: "workflow", "${ finding.severity }".
  [[nodiscard]] std::string_view per_text() const;
};

/// After an admission the same key is not admitted again for `wait`: suppressed, the finding stays open and is answered
/// when the time is over.
struct CoolDown {
  std::chrono::nanoseconds wait{};
  Per per{Per::subject};  ///< workflow or subject
};

/// Part of each of some weekdays, as a clock in a time zone shows it: from `from` on, before `to`.
struct DaySpan {
  std::array<bool, 7> days{true, true, true, true, true, true, true};  ///< on which it begins; Sunday first
  std::chrono::minutes from{0};                                        ///< after midnight
  std::chrono::minutes to{std::chrono::hours{24}};                     ///< not later than `from`: of the next day
  bool operator==(const DaySpan&) const = default;
};

/// When runs may be admitted: in one of `allow`, if there are any, and in none of `forbid`. At least one of both.
struct TimeWindow {
  std::string zone{"UTC"};  ///< "UTC", "+02:00", or a name such as "Europe/Berlin"
  std::vector<DaySpan> allow;
  std::vector<DaySpan> forbid;
  bool hold{false};  ///< outside: a person decides; otherwise it waits for the window
};

/// Opens when of the runs that ended within `within`, at least `runs`, `percent` or more failed or were rolled back.
/// Then all are held until a person lets one go that ends well, or, with `trial_after`, one that is admitted so long
/// after.
struct Breaker {
  std::uint32_t percent{50};  ///< 1 to 100
  std::uint32_t runs{4};
  std::chrono::nanoseconds within{std::chrono::hours{1}};
  std::optional<std::chrono::nanoseconds> trial_after{};
};

/// How many subjects may be changed at most: at least one of `subjects` and `percent`, the smaller counts.
struct Budget {
  std::optional<std::uint64_t> subjects{};
  std::optional<std::uint32_t> percent{};  ///< 1 to 100, of the population, which there is then; rounded down
  /// Their number, or the control that looks at them. Without any of them nothing is admitted.
  std::optional<std::variant<std::uint64_t, std::string>> population{};
  std::chrono::nanoseconds within{};
  bool staged{false};  ///< at first 1 subject, then 2, 4, …: each stage when the former has ended verified
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Budget> from_json(const Json& doc);
};
/// One that several workflows share.
struct SharedBudget {
  std::string name;  ///< [a-z0-9-]{1,64}
  Budget budget;
  [[nodiscard]] std::string hash() const;  ///< hex SHA-256 of the canonical form
};

/// A finding whose subject has been found `openings` times within `within` is held.
struct Flapping {
  std::uint32_t openings{5};  ///< 2 to `flapping_openings_max`
  std::chrono::nanoseconds within{};
};
inline constexpr std::uint32_t flapping_openings_max = 32;

/// What was put right comes back as it was, again and again: somebody else sets it. So many returns in a row within
/// `within` are answered; from the next on, a person decides.
struct Oscillation {
  std::uint32_t returns{3};  ///< 0: never held for that; at most `oscillation_returns_max`
  std::chrono::nanoseconds within{std::chrono::hours{24}};
};
inline constexpr std::uint32_t oscillation_returns_max = 31;

/// What one node takes on at once. Of runs at work, which they are from their plan to their end or to a person, a part
/// is kept for critical findings.
struct RunLimits {
  std::size_t runs{128};
  std::map<std::string, std::size_t> drivers{};  ///< those with a step by that driver: "file", "exec", "call"
  std::size_t waiting{10'000};   ///< runs that have not begun; while there are as many, sources of events wait
  std::size_t findings{30'000};  ///< open ones on events; beyond, the oldest end on which nothing is at work
  std::size_t subjects{
      50'000};              ///< known of all controls; beyond, those whose episodes are over for longest are forgotten
  std::size_t subject{1};   ///< runs at work on one subject, of whatever workflows
  std::size_t held{1'000};  ///< runs of one workflow that wait for a person; beyond, findings wait without a run
  [[nodiscard]] Json to_json() const;
  bool operator==(const RunLimits&) const = default;
};

struct Guards {
  std::vector<Threshold> threshold{Threshold{}};  ///< always holds one `per: workflow`
  std::optional<CoolDown> cool_down;
  std::optional<std::chrono::nanoseconds> hold_time{};  ///< `for`: so long a finding is open before it is answered
  std::optional<Flapping> flapping{};
  std::optional<TimeWindow> window{};
  std::optional<Breaker> breaker{};
  std::optional<Oscillation> oscillation{};    ///< as written; see `oscillation_limit`
  std::optional<std::uint32_t> concurrency{};  ///< runs of the workflow at work at once; others wait for their turn
  std::variant<std::monostate, Budget, std::string> budget{};  ///< none, its own, or the name of a shared one

  /// Where nothing is written: as many returns in a day as the threshold admits runs of the workflow; a workflow that
  /// is meant to do more than can be remembered has none.
  [[nodiscard]] Oscillation oscillation_limit() const;
  [[nodiscard]] const Budget* own_budget() const { return std::get_if<Budget>(&budget); }
  [[nodiscard]] const std::string* shared_budget() const { return std::get_if<std::string>(&budget); }
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Guards> from_json(const Json& doc);
};

}  // namespace aright
