// What a person says of a finding: that it was right, or a false alarm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace aright {

enum class Judgement : std::uint8_t { right, false_positive };
[[nodiscard]] std::string_view name(Judgement judgement);  ///< "true", "false-positive"
[[nodiscard]] std::optional<Judgement> parse_judgement(std::string_view text);

/// The last word counts: a finding has at most one.
struct Mark {
  std::string finding;
  std::string control;
  std::string subject;
  Judgement as{Judgement::right};
  std::string by;
  std::string reason;
  WallTime at{};

  [[nodiscard]] Json to_json() const;
};

}  // namespace aright
