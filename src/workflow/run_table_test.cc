#include "workflow/run_table.h"

#include <gtest/gtest.h>

#include <map>
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

/// What has no edge, state by state: every input that is not listed leads somewhere. A new state or input shows here.
TEST(RunTable, EveryPairHasAnEdgeOrIsListedAsImpossible) {
  using enum RunInput;
  std::map<RunState, std::set<RunInput>> edges{
      {RunState::pending, {start, hold, cancel}},
      {RunState::planning, {plan_ready, hold, admit, nothing_to_do, verified, plan_failed, cancel, go_on}},
      {RunState::held, {approve, ask_anew, hold, deny, expire, cancel, step_failed}},
      {RunState::running,
       {pause, conflict, step_failed, give_up, all_applied, foreign, doubt, cancel, wait, more_known}},
      {RunState::waiting, {resume, cancel, wait_over}},
      {RunState::verifying, {step_failed, verified, foreign}},
      {RunState::rolling_back, {pause, resume, undone, undo_failed, doubt}},
      {RunState::unknown, {found_done, found_not_done, undone, undo_failed}}};
  for (std::size_t s = 0; s < run_states; ++s) {
    for (std::size_t i = 0; i < run_inputs; ++i) {
      const auto state = static_cast<RunState>(s);
      const auto input = static_cast<RunInput>(i);
      EXPECT_EQ(next(state, input).has_value(), edges[state].contains(input)) << name(state) << " x " << name(input);
    }
  }
}

TEST(RunTable, TheStatesAreThoseOfTheDesign) {
  for (const char* word :
       {"pending", "planning", "planned", "held", "running", "waiting", "verifying", "rolling_back", "succeeded",
        "rolled_back", "rollback_failed", "denied", "expired", "cancelled", "unknown", "failed"}) {
    EXPECT_TRUE(parse_run_state(word)) << word;
  }
}

TEST(RunTable, AnEffectIsNeverRepeatedFromAHeldState) {
  EXPECT_EQ(next(RunState::held, RunInput::approve), RunState::planning);  // plans again, through the guards again
  EXPECT_EQ(next(RunState::held, RunInput::admit), std::nullopt);
  EXPECT_EQ(next(RunState::unknown, RunInput::approve), std::nullopt);
}

}  // namespace
}  // namespace aright::workflow
