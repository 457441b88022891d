#include "guard/loop.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::guard {

namespace {

std::string drawn(std::span<const Cause> chain) {
  std::string all;
  for (const Cause& c : chain) {
    all += fmt::format("{}run {} of {} changed {}", all.empty() ? "" : " → ", c.run, c.workflow, c.changed);
  }
  return all;
}

}  // namespace

Verdict loop(std::span<const Cause> chain, const Turn& turn) {
  const auto same = std::ranges::find_if(chain, [&](const Cause& c) {
    return c.workflow == turn.workflow && c.under == turn.under &&
           std::ranges::find(turn.changes, c.changed) != turn.changes.end();
  });
  if (same != chain.end()) {
    const auto circle = chain.subspan(static_cast<std::size_t>(same - chain.begin()));
    return Hold{"loop", fmt::format("{} → {} on {} once more: what we do brings it back", drawn(circle), turn.workflow,
                                    same->changed)};
  }
  if (chain.size() < causes_max) return Admit{};
  return Hold{"loop", fmt::format("{} runs of ours led here, one after the other: {}", chain.size(), drawn(chain))};
}

std::uint64_t returns_within(const Oscillation& limit, std::span<const Moment> returns, const Now& now) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(returns, [&](const Moment& at) { return elapsed(at, now) < limit.within; }));
}

Verdict oscillation(const Oscillation& limit, std::span<const Moment> returns, const Now& now) {
  if (limit.returns == 0) return Admit{};
  const std::uint64_t seen = returns_within(limit, returns, now);
  if (seen <= limit.returns) return Admit{};
  const bool all = seen == returns.size();  // those before them may have been within it too, and are not kept
  return Hold{
      "oscillation",
      fmt::format("the same state came back {}{} times within {} after it was put right, {} are allowed: something "
                  "else sets it, and we set it back",
                  all ? "at least " : "", seen, format_duration(limit.within), limit.returns)};
}

}  // namespace aright::guard
