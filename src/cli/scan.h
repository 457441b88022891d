// Every control once, without a daemon: what is as it should be, what is not, what cannot be told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/time.h"
#include "model/port/driver.h"
#include "model/workflow.h"

namespace aright::cli {

enum class ScanStatus : std::uint8_t {
  compliant,
  violation,
  fixed,       ///< was a violation, is compliant now by a run of its own, which `note` names
  ended,       ///< was a violation, is compliant now, but not by a run of its own; `note` says what came of that
  unreadable,  ///< nobody knows: never taken for compliant
  waived,      ///< a violation that a person has excepted for a time; `note` says who and until when
};
[[nodiscard]] std::string_view name(ScanStatus status);

/// What a fix would change, as people may see it: states without secret fields.
struct ScanChange {
  Json before = Json::object();
  Json after = Json::object();
  Json difference = Json::array();  ///< RFC 6902, secrets masked
};

/// What one step of the workflow that answers would do, beside what it does to the violating resource itself.
struct ScanStep {
  ResourceId resource;                 ///< of an `ensure`; empty: an `exec`
  ScanChange change;                   ///< of an `ensure`
  std::vector<std::string> arguments;  ///< of an `exec`, filled in, the program first; of a `call`, method and URL
  std::string note;                    ///< why it cannot be said whole; empty: it is
};

/// One control on one resource, or (with an empty `id`) a control whose resources cannot be listed.
struct ScanItem {
  std::string control;
  ResourceId resource;
  ScanStatus status{ScanStatus::compliant};
  std::vector<std::string> differs;  ///< names of fields
  std::vector<ScanChange> changes;   ///< one a step; only when plans were asked for
  std::vector<ScanStep> steps;       ///< only when plans were asked for; those that would change nothing are left out
  std::string note;                  ///< why it cannot be read, why there is no plan, what a fix came to
  /// All changes as one list of operations.
  [[nodiscard]] Json difference() const;
};

struct Scan {
  std::vector<Control> controls;  ///< all of the configuration
  std::vector<ScanItem> items;    ///< in the order of the controls, then of the ids
  Diagnostics diagnostics{};  ///< of the configuration; with an error in it nothing was looked at, or not to the end
  std::string folder{};       ///< of the configuration, where the files that the diagnostics name lie; empty: not said
  [[nodiscard]] std::size_t count(ScanStatus status) const;
  /// Somebody wrote controls, and they all find in events: there is nothing that a scan could look at.
  [[nodiscard]] bool only_of_events() const;
  /// Nothing violated but what is waived, nothing unreadable, no mistake, and all was looked at that can be, something
  /// unless `only_of_events`.
  [[nodiscard]] bool clean() const;
};

using Drivers = std::map<std::string, Driver*>;

/// Reads; with `plans` also asks what would have to change, by workflows whose `when` may name `now`. Changes nothing.
[[nodiscard]] Scan scan(const Config& config, const Drivers& drivers, bool plans, WallTime now);

/// What the runs about one finding came to.
struct FixOutcome {
  std::string note;  ///< "run 12 succeeded"; why there is none
  bool succeeded{false};
};
using FixOutcomes = std::map<std::string, FixOutcome>;  ///< by "CONTROL SUBJECT"

/// What came of a fix: for each (control, subject) that was wrong in `before`, what `outcomes` say.
[[nodiscard]] Scan after_fix(const Scan& before, Scan after, const FixOutcomes& outcomes);

}  // namespace aright::cli
