// A waiver: an exception for one control on one subject, with a reason, an owner and an end.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/resource.h"

namespace aright {

/// Longer than this is no exception but another rule: change the control.
inline constexpr std::chrono::nanoseconds waiver_max = std::chrono::hours{24 * 366};

struct Waiver {
  std::uint64_t id{0};  ///< counts from 1 per node
  std::string control;
  std::string subject;  ///< "file:/etc/motd"
  std::string reason;
  std::string owner;       ///< who answers for it
  std::string granted_by;  ///< who asked for it
  /// Of a denial that it came with, and is no second decision beside; 0: none.
  std::uint64_t review{0};
  Moment granted{};
  WallTime expires_at{};
  std::string state{"in-force"};  ///< then "expired", "removed" or "replaced"
  std::string ended_by;
  std::string ended_reason;
  std::optional<WallTime> ended_at;
  std::uint64_t seen{0};            ///< how often it has kept something from being found; at least
  std::optional<WallTime> seen_at;  ///< when that was recorded last

  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Waiver> from_json(const Json& doc);
  /// "waiver 3": the form in records and reasons.
  [[nodiscard]] std::string text() const;
  /// How long it still holds: by the clock that shows most, as reviews expire. Zero or less: it is over.
  [[nodiscard]] Nanos left(const Now& now) const;
};

}  // namespace aright
