#include "guard/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace aright::guard {

namespace {

constexpr Nanos stage_again = std::chrono::seconds{10};  ///< the end of a run of the stage is what ends the wait

std::optional<std::uint64_t> allowed(const Spending& q) {
  const Budget& budget = q.budget;
  if (budget.population && !q.population) return std::nullopt;
  if (q.population && *q.population == 0) return 0;
  std::optional<std::uint64_t> most = budget.subjects;
  if (budget.percent) {
    const std::uint64_t part = *q.population / 100 * *budget.percent + *q.population % 100 * *budget.percent / 100;
    most = std::min(most.value_or(part), part);
  }
  return most;
}

std::string named(const Spending& q) { return q.name.empty() ? std::string() : fmt::format("{}: ", q.name); }

/// Stage s has 2^s subjects, and begins when all before it have ended verified. `subjects`: there are already.
Verdict stage(const Spending& q, std::size_t subjects) {
  using End = Spent::End;
  const auto number = static_cast<unsigned>(std::bit_width(subjects + 1)) - 1;
  const std::size_t before = (std::size_t{1} << number) - 1;
  if (const Spent* bad = q.spent.first(End::other, before)) {
    return Hold{"budget", fmt::format("{}stage {} does not begin: {} of run {} did not end verified", named(q),
                                      number + 1, bad->subject, bad->run)};
  }
  const Spent* waits = q.spent.first(End::open, before);
  if (waits == nullptr) return Admit{};
  return Suppress{
      "budget",
      fmt::format("{}stage {} of {} subjects begins when the {} before it have ended verified; run {} on {} has "
                  "not yet",
                  named(q), number + 1, std::size_t{1} << number, before, waits->run, waits->subject),
      stage_again};
}

}  // namespace

BudgetSeen budget_seen(const Spending& q) {
  BudgetSeen seen;
  seen.allowed = allowed(q);
  seen.subjects = q.spent.subjects(q.budget.within, q.now);
  seen.counted = q.spent.counts(q.subject);
  return seen;
}

Verdict budget(const Spending& q) {
  const BudgetSeen seen = budget_seen(q);
  if (!seen.allowed) return Hold{"budget", named(q) + "nobody knows how many its population has"};
  const bool more = !seen.counted || *seen.allowed == 0;
  if (more && seen.subjects >= *seen.allowed) {
    const std::string of = q.budget.percent ? fmt::format(" ({} % of {})", *q.budget.percent, *q.population)
                           : q.population   ? fmt::format(" (of {})", *q.population)
                                            : std::string();
    return Hold{"budget",
                fmt::format("{}{} subject{} within {}, {} allowed{}", named(q), seen.subjects,
                            seen.subjects == 1 ? "" : "s", format_duration(q.budget.within), *seen.allowed, of)};
  }
  if (!q.budget.staged || seen.counted) return Admit{};
  return stage(q, seen.subjects);
}

}  // namespace aright::guard
