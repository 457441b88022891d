// A review: what is held, waiting for a person or a team.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/control.h"

namespace aright {

/// Stands in the reason of a review that only a mode has asked for; behind it the guard that would hold the run
/// otherwise, a colon, and why.
inline constexpr std::string_view held_in_auto = "in mode auto it would be held: ";

/// One person's yes, where a team decides.
struct Yes {
  std::string by;
  std::vector<std::string> groups;
  std::string reason;
  WallTime at{};
  bool break_glass{false};  ///< root, who is no member
};

struct Review {
  std::uint64_t id{0};
  std::uint64_t run{0};
  std::string workflow;
  std::string subject;
  std::string guard;      ///< which guard held it ("threshold", "mode", "foreign-change", …)
  std::string reason;     ///< with the numbers it saw
  std::string plan_hash;  ///< what an approval is bound to; asked anew under other definitions it is another one
  std::string state;      ///< "open", "approved", "denied", "expired", "lapsed"
  std::string decided_by;
  std::string decision_reason;
  Moment opened{};
  WallTime expires_at{};
  std::optional<WallTime> decided_at;
  std::string team;                           ///< whose members decide; empty: whoever may use the socket
  std::vector<std::string> also;              ///< teams it was escalated to
  std::uint32_t quorum{1};                    ///< when it was opened, or of its step
  std::optional<std::uint64_t> step;          ///< of its run: a step `approve` asks
  std::string text;                           ///< what that step says to people
  std::vector<Yes> yes;                       ///< those that have been said
  std::uint32_t climbed{0};                   ///< rungs of the ladder, its last one as often as it was
  Moment climbed_at{};                        ///< the last of them
  std::string acknowledged_by;                ///< somebody has seen it: nobody else is told; empty: nobody has
  std::optional<WallTime> acknowledged_at{};  ///< none: nobody has, or from before that was kept
  std::string under{};              ///< hash of the definitions in force, and of who decides; empty: from before that
  std::optional<Level> severity{};  ///< of its run; none: from before that
  std::string in_vain{};            ///< approved, and why nothing has come of it; empty: it is not, or something has
  bool only_no{false};              ///< no yes lets it go, and none is taken

  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Review> from_json(const Json& doc);
};

}  // namespace aright
