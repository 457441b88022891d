// Controls: what is looked at, and what it should be.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/origin.h"
#include "model/port/driver.h"
#include "model/resource.h"

namespace aright {

enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view name(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);
[[nodiscard]] std::vector<std::string> level_names();  ///< in rising order

enum class ControlKind : std::uint8_t {
  check,    ///< looks on a schedule
  watch,    ///< looks when something changed, and on a schedule if one is given
  sigma,    ///< a published rule or correlation on events
  alert,    ///< another tool's finding, passed in as an event
  builtin,  ///< what Aright itself finds in events
};
[[nodiscard]] std::string_view name(ControlKind kind);

/// A finding from events is over when nothing came for so long, unless its control says otherwise.
inline constexpr std::chrono::nanoseconds resolve_after_default = std::chrono::hours{1};
/// The same where the other tool says when it is over: it need not repeat itself until then.
inline constexpr std::chrono::nanoseconds resolve_after_told = std::chrono::hours{24};

/// What another tool's events say, in expressions (CEL) over `event`, its data, and `alert`: one element of `each`, or
/// the event itself.
struct AlertMapping {
  std::vector<std::string> sources;  ///< names of the sources whose events are looked at; at least one
  std::string each{};                ///< a list in the event, each element an alert; empty: the event is one
  std::string when{};                ///< a condition: which of them count; empty: all
  std::string subject{};             ///< a text that begins with `KEY=`
  std::string severity{};            ///< a text; empty: the control's
  std::string title{};               ///< a text; empty: there is none
  std::string resolved{};            ///< a condition: it is over; empty: they never say so
};

struct Control {
  std::string name;  ///< [a-z0-9-]{1,64}, unique in a configuration
  std::string title;
  Level severity{Level::medium};
  std::vector<std::string> tags;
  ControlKind kind{ControlKind::watch};
  std::string driver;  ///< "file"
  Select select;
  std::optional<std::chrono::nanoseconds> every;          ///< of kinds on resources: always set, the others have none
  Desired desired;                                        ///< without fields when `violation` is set
  std::optional<std::chrono::nanoseconds> resolve_after;  ///< of kinds on events: always set, the others have none
  std::string rule_name;                                  ///< sigma: the rule's own name as a control
  std::string rule_id;                                    ///< sigma: the id that its authors gave it, or empty
  std::string rule;                  ///< sigma: hex SHA-256 of the document, so that another text is another version
  std::vector<std::string> authors;  ///< sigma: who wrote the rule
  std::string violation;  ///< a condition (CEL) over `resource` and `subject`; empty: `desired` says what is right
  std::optional<AlertMapping> alert;                    ///< of kind alert: always set, the others have none
  std::optional<std::chrono::nanoseconds> hold_time{};  ///< `for`: so long a finding is open before it is answered
  std::string owner{};                                  ///< a team; empty: nobody is named
  std::optional<std::chrono::nanoseconds> review_by{};  ///< none: `review_by_default`
  Origin origin{};                                      ///< not part of the version

  /// It finds in events and has no resource.
  [[nodiscard]] bool on_events() const {
    return kind == ControlKind::sigma || kind == ControlKind::alert || kind == ControlKind::builtin;
  }
  /// Canonical form for hashing and storing; `from_json` is its inverse. Errc::invalid on foreign input.
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Control> from_json(const Json& doc);
  /// Hex SHA-256 of the canonical form: the control's version.
  [[nodiscard]] std::string hash() const;
};

}  // namespace aright
