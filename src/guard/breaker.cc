#include "guard/breaker.h"

#include <fmt/format.h>

namespace aright::guard {

Failures failures(const Breaker& limit, const Tally& endings, const Now& now) {
  const Tally::Seen seen = endings.within(Tally::By::all, {}, limit.within, now);
  return {seen.all, seen.marked};
}

std::optional<std::string> trips(const Breaker& limit, const Tally& endings, const Now& now) {
  const Failures seen = failures(limit, endings, now);
  if (seen.ended < limit.runs || seen.bad * 100 < limit.percent * seen.ended) return std::nullopt;
  return fmt::format("{} of {} runs within {} failed or were rolled back, it opens at {} % of at least {}", seen.bad,
                     seen.ended, format_duration(limit.within), limit.percent, limit.runs);
}

bool may_try(const Breaker& limit, const BreakerOpen& open, const Now& now) {
  return limit.trial_after && open.trial == 0 && elapsed(open.since, now) >= *limit.trial_after;
}

Verdict breaker(const Breaker& limit, const BreakerOpen* open, std::uint64_t run, const Now& now) {
  if (open == nullptr || may_try(limit, *open, now) || (run != 0 && open->trial == run)) return Admit{};
  std::string closes = "a run that a person lets go and that ends well closes it";
  if (open->trial != 0) {
    closes = fmt::format("run {} tries whether it may close", open->trial);
  } else if (limit.trial_after) {
    // Kept with the run it holds: a time of day stays true.
    const Nanos left = *limit.trial_after - elapsed(open->since, now);
    closes += fmt::format(", or one that is tried from {} on",
                          rfc3339(now.wall + std::chrono::duration_cast<WallTime::duration>(left)));
  }
  return Hold{"breaker", fmt::format("open since {}: {}; {}", rfc3339(open->since.wall), open->why, closes)};
}

}  // namespace aright::guard
