// Guards against working in circles: with ourselves, and with somebody else. Decision: docs/decisions/0077.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "guard/guard.h"
#include "model/cause.h"

namespace aright::guard {

/// What would be done next.
struct Turn {
  std::string_view workflow;
  std::string_view under;                ///< as `Cause::under`: another version of it is another attempt
  std::span<const std::string> changes;  ///< what it would change, and what its finding is about: as `changed_text`
};
/// Held when the runs that led to the finding come back to a workflow and something it changed, or are more than can be
/// told apart. The reason draws the circle. `chain`: oldest first.
[[nodiscard]] Verdict loop(std::span<const Cause> chain, const Turn& turn);

/// Held when what the workflow had put right was found as it had been before, and as before, more than `limit.returns`
/// times within (now − within, now]. `returns`: those moments, the present one among them; at least the last
/// `limit.returns + 1`. One later than `now` counts: the safe side.
[[nodiscard]] Verdict oscillation(const Oscillation& limit, std::span<const Moment> returns, const Now& now);
[[nodiscard]] std::uint64_t returns_within(const Oscillation& limit, std::span<const Moment> returns, const Now& now);

}  // namespace aright::guard
