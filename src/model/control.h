// Controls: what is looked at, and what it should be.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/port/driver.h"
#include "model/resource.h"

namespace aright {

enum class Level : std::uint8_t { informational, low, medium, high, critical };
[[nodiscard]] std::string_view name(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);
[[nodiscard]] std::vector<std::string> level_names();  ///< in rising order

enum class ControlKind : std::uint8_t {
  check,  ///< looks on a schedule
  watch,  ///< looks when something changed, and on a schedule if one is given
};
[[nodiscard]] std::string_view name(ControlKind kind);

struct Control {
  std::string name;  ///< [a-z0-9-]{1,64}, unique in a configuration
  std::string title;
  Level severity{Level::medium};
  std::vector<std::string> tags;
  ControlKind kind{ControlKind::watch};
  std::string driver;  ///< "file"
  Select select;
  std::optional<std::chrono::nanoseconds> every;  ///< check: always set
  Desired desired;        ///< without fields when `violation` is set
  std::string violation;  ///< a condition (CEL) over `resource` and `subject`; empty: `desired` says what is right

  /// Canonical form for hashing and storing; `from_json` is its inverse. Errc::invalid on foreign input.
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Control> from_json(const Json& doc);
  /// Hex SHA-256 of the canonical form: the control's version.
  [[nodiscard]] std::string hash() const;
};

}  // namespace aright
