// Guards that look at the finding's own past: how long it has been open, how often it came back.
#pragma once

#include <span>
#include <string>

#include "guard/guard.h"

namespace aright::guard {

/// `for`: suppressed until the finding has been open for `wanted`, by the smaller of both clocks, so that a clock set
/// forward makes nothing of a moment last. Who ends the finding meanwhile ends the wait.
[[nodiscard]] Verdict hold_time(Nanos wanted, const Moment& opened, const Now& now);

/// How many of `openings` lie in (now − within, now]. One later than `now` counts: the safe side.
[[nodiscard]] std::uint64_t openings_within(Nanos within, std::span<const Moment> openings, const Now& now);

/// Held when the subject has been found so often, the present finding counted. `openings`: of this control on this
/// subject, in any order; at least the last `limit.openings`. `finding` names it: "ssh-open on file:/a".
[[nodiscard]] Verdict flapping(const Flapping& limit, std::span<const Moment> openings, const std::string& finding,
                               const Now& now);

}  // namespace aright::guard
