#include "workflow/run_table.h"

#include <gtest/gtest.h>

#include <set>

namespace aright::workflow {
namespace {

TEST(RunTable, NothingLeadsOutOfAFinalStateAndEveryOtherStateCanEnd) {
  for (std::size_t s = 0; s < run_states; ++s) {
    const auto state = static_cast<RunState>(s);
    std::size_t exits = 0;
    for (std::size_t i = 0; i < run_inputs; ++i) exits += next(state, static_cast<RunInput>(i)) ? 1U : 0U;
    EXPECT_EQ(exits == 0, is_final(state)) << name(state);
  }
}

TEST(RunTable, EveryStateIsReachedFromPending) {
  std::set<RunState> seen{RunState::pending};
  for (std::size_t round = 0; round < run_states; ++round) {
    for (const RunState state : std::set<RunState>(seen)) {
      for (std::size_t i = 0; i < run_inputs; ++i) {
        if (const auto to = next(state, static_cast<RunInput>(i))) seen.insert(*to);
      }
    }
  }
  EXPECT_EQ(seen.size(), run_states);
}

TEST(RunTable, EveryInputIsUsedAndHasAWord) {
  for (std::size_t i = 0; i < run_inputs; ++i) {
    const auto input = static_cast<RunInput>(i);
    bool used = false;
    for (std::size_t s = 0; s < run_states; ++s) used = used || next(static_cast<RunState>(s), input);
    EXPECT_TRUE(used) << name(input);
    EXPECT_EQ(parse_run_input(name(input)), input);
  }
}

TEST(RunTable, AnEffectIsNeverRepeatedFromAHeldState) {
  EXPECT_EQ(next(RunState::held, RunInput::approve), RunState::planning);  // plans again, through the guards again
  EXPECT_EQ(next(RunState::held, RunInput::admit), std::nullopt);
  EXPECT_EQ(next(RunState::unknown, RunInput::approve), std::nullopt);
}

}  // namespace
}  // namespace aright::workflow
