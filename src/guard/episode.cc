#include "guard/episode.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::guard {

namespace {

std::string whole_seconds(Nanos span) {
  return fmt::format("{}s", std::chrono::ceil<std::chrono::seconds>(span) / std::chrono::seconds{1});
}

}  // namespace

Verdict hold_time(Nanos wanted, const Moment& opened, const Now& now) {
  const Nanos open = elapsed(opened, now);
  if (open >= wanted) return Admit{};
  return Suppress{
      "for",
      fmt::format("open for less than {}; {} left, if it lasts", format_duration(wanted), whole_seconds(wanted - open)),
      wanted - open};
}

std::uint64_t openings_within(Nanos within, std::span<const Moment> openings, const Now& now) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(openings, [&](const Moment& at) { return elapsed(at, now) < within; }));
}

Verdict flapping(const Flapping& limit, std::span<const Moment> openings, const std::string& finding, const Now& now) {
  const std::uint64_t seen = openings_within(limit.within, openings, now);
  if (seen < limit.openings) return Admit{};
  const bool all = seen == openings.size();  // those before them may have been within it too, and are not kept
  return Hold{"flapping", fmt::format("{} opened {}{} times within {}, held from {} on", finding,
                                      all ? "at least " : "", seen, format_duration(limit.within), limit.openings)};
}

}  // namespace aright::guard
