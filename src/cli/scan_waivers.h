// What a scan finds and a person has waived.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "cli/scan.h"
#include "model/waiver.h"

namespace aright::cli {

/// Those on record in the state folder, whether its daemon runs or not; none where there is no such folder. Errors of
/// `read_log` but not_found: then nobody knows which there are.
[[nodiscard]] Result<std::vector<Waiver>> waivers_in(const std::string& state);

/// A violation for which one of `waivers` is in force `now` becomes waived, with its number, end and reason, and
/// without a plan: nothing would be changed. What of it is over by then counts no more, although its end is not on
/// record.
void take_waivers(Scan& scan, const std::vector<Waiver>& waivers, WallTime now);

/// Warns of those of `controls` (names) that are over within `waiver_ends_soon`, of shorter ones in the last half of
/// their time: then what they except is found again.
inline constexpr std::chrono::nanoseconds waiver_ends_soon = std::chrono::hours{24 * 7};
void warn_of_ending(const std::vector<Waiver>& waivers, const std::set<std::string>& controls, WallTime now,
                    Diagnostics& out);

}  // namespace aright::cli
