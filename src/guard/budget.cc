#include "guard/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

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

/// Stage s has 2^s subjects, and begins when all before it have ended verified.
struct Stage {
  unsigned number{0};     ///< from 0
  std::size_t before{0};  ///< subjects of the stages before it
  std::size_t room{0};    ///< left in it
};

Stage stage_of(const BudgetSeen& seen) {
  Stage stage;
  stage.number = static_cast<unsigned>(std::bit_width(seen.subjects + 1)) - 1;
  stage.before = (std::size_t{1} << stage.number) - 1;
  const std::size_t end = std::min<std::size_t>(2 * stage.before + 1, seen.allowed.value_or(0));
  stage.room = end > seen.subjects ? end - seen.subjects : 0;
  return stage;
}

Verdict stage_verdict(const Spending& q, const BudgetSeen& seen) {
  using End = Spent::End;
  const Stage stage = stage_of(seen);
  if (const Spent* bad = q.spent.first(End::other, stage.before)) {
    return Hold{"budget", fmt::format("{}stage {} does not begin: {} of run {} did not end verified", named(q),
                                      stage.number + 1, bad->subject, bad->run)};
  }
  const std::string of_it =
      fmt::format("{}stage {} of {} subjects", named(q), stage.number + 1, std::size_t{1} << stage.number);
  if (const Spent* waits = q.spent.first(End::open, stage.before)) {
    return Suppress{"budget",
                    fmt::format("{} begins when the {} before it have ended verified; run {} on {} has not yet", of_it,
                                stage.before, waits->run, waits->subject),
                    stage_again};
  }
  if (q.claimed < stage.room) return Admit{};
  return Suppress{"budget",
                  fmt::format("{} has room for {} more, and {} about to begin", of_it, stage.room,
                              q.claimed == 1 ? "a run is" : fmt::format("{} runs are", q.claimed)),
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
  return stage_verdict(q, seen);
}

std::size_t stage_room(const Spending& q) {
  const BudgetSeen seen = budget_seen(q);
  if (!seen.allowed || seen.subjects >= *seen.allowed) return std::numeric_limits<std::size_t>::max();
  const Stage stage = stage_of(seen);
  if (q.spent.first(Spent::End::other, stage.before) != nullptr) return std::numeric_limits<std::size_t>::max();
  return q.spent.first(Spent::End::open, stage.before) == nullptr ? stage.room : 0;
}

}  // namespace aright::guard
