// The budget: how many subjects may be changed within a time, by one workflow or by several together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "guard/guard.h"
#include "guard/spendings.h"

namespace aright::guard {

/// What a budget is asked about.
struct Spending {
  const Budget& budget;
  std::string_view name;                    ///< of a shared one; empty: the workflow's own
  std::optional<std::uint64_t> population;  ///< nullopt: it has none, or nobody knows it
  const Spendings& spent;                   ///< at least what is within its time
  std::string_view subject;
  const Now& now;
  std::size_t claimed{0};  ///< subjects that are about to be let go: runs that have not been decided about
};

struct BudgetSeen {
  std::uint64_t subjects{0};             ///< different ones within (now − within, now]
  std::optional<std::uint64_t> allowed;  ///< nullopt: nobody knows
  bool counted{false};                   ///< the one that is asked about is one of them
};
[[nodiscard]] BudgetSeen budget_seen(const Spending& question);

/// Held when one more subject would be too many; one that is counted already is none more. An empty population, or one
/// that nobody knows, admits nothing. Where it is staged: suppressed while a former stage is at work, held when one of
/// it did not end verified.
[[nodiscard]] Verdict budget(const Spending& question);

/// Of a staged one: how many that wait for a stage need not any more, as many subjects as the stage lets go that has
/// begun. 0: the next has not. Where none will, since it is used up or a subject did not end verified: all of them, to
/// be held.
[[nodiscard]] std::size_t stage_room(const Spending& question);

}  // namespace aright::guard
