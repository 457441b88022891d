// The budget: how many subjects may be changed within a time, by one workflow or by several together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/guard.h"

namespace aright::guard {

/// One admission that was counted.
struct Spent {
  std::string subject;
  Moment at;
  std::uint64_t run{0};
  enum class End : std::uint8_t { open, verified, other } end{End::open};
};

/// What a budget is asked about.
struct Spending {
  const Budget& budget;
  std::string_view name;                    ///< of a shared one; empty: the workflow's own
  std::optional<std::uint64_t> population;  ///< nullopt: it has none, or nobody knows it
  std::span<const Spent> spent;             ///< oldest first; at least those within its time
  std::string_view subject;
  const Now& now;
};

struct BudgetSeen {
  std::uint64_t subjects{0};             ///< different ones within (now − within, now]
  std::optional<std::uint64_t> allowed;  ///< nullopt: nobody knows
  bool counted{false};                   ///< the one that is asked about is one of them
  std::optional<Nanos> leaves;           ///< when the first of them leaves
};
[[nodiscard]] BudgetSeen budget_seen(const Spending& question);

/// Held when one more subject would be too many; one that is counted already is none more. An empty population, or one
/// that nobody knows, admits nothing. Where it is staged: suppressed while a former stage is at work, held when one of
/// it did not end verified.
[[nodiscard]] Verdict budget(const Spending& question);

}  // namespace aright::guard
