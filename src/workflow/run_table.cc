#include "workflow/run_table.h"

#include <array>

#include "model/names.h"

namespace aright::workflow {

namespace {

struct Edge {
  RunState from;
  RunInput input;
  RunState to;
};

using S = RunState;
using I = RunInput;
constexpr auto edges = std::to_array<Edge>({
    {S::pending, I::start, S::planning},
    {S::pending, I::cancel, S::cancelled},
    {S::pending, I::hold, S::held},  // whether it answers at all is in doubt
    {S::planning, I::plan_ready, S::planned},
    {S::planning, I::hold, S::held},
    {S::planning, I::admit, S::running},
    {S::planning, I::nothing_to_do, S::cancelled},
    {S::planning, I::verified, S::succeeded},  // it had made something, and nothing is left
    {S::planning, I::plan_failed, S::failed},
    {S::planning, I::cancel, S::cancelled},
    {S::held, I::approve, S::planning},
    {S::held, I::ask_anew, S::planning},
    {S::held, I::hold, S::held},  // asked again, since its definition or those who decide have changed
    {S::held, I::deny, S::denied},
    {S::held, I::expire, S::expired},
    {S::held, I::step_failed, S::rolling_back},  // a no to a step `approve`
    {S::held, I::cancel, S::cancelled},
    {S::planning, I::go_on, S::running},
    {S::running, I::pause, S::waiting},
    {S::running, I::wait, S::waiting},
    {S::running, I::more_known, S::planning},
    {S::running, I::conflict, S::planning},
    {S::running, I::step_failed, S::rolling_back},
    {S::running, I::give_up, S::failed},
    {S::running, I::foreign, S::held},
    {S::running, I::all_applied, S::verifying},
    {S::running, I::doubt, S::unknown},
    {S::running, I::cancel, S::cancelled},
    {S::waiting, I::resume, S::running},
    {S::waiting, I::wait_over, S::planning},
    {S::waiting, I::cancel, S::cancelled},
    {S::verifying, I::verified, S::succeeded},
    {S::verifying, I::step_failed, S::rolling_back},
    {S::verifying, I::foreign, S::held},
    {S::rolling_back, I::undone, S::rolled_back},
    {S::rolling_back, I::undo_failed, S::rollback_failed},
    {S::rolling_back, I::doubt, S::unknown},
    {S::rolling_back, I::pause, S::rolling_back},   // the undo waits …
    {S::rolling_back, I::resume, S::rolling_back},  // … and goes on
    {S::unknown, I::found_done, S::succeeded},
    {S::unknown, I::found_not_done, S::failed},
    {S::unknown, I::undone, S::rolled_back},           // whether it was undone was in doubt, …
    {S::unknown, I::undo_failed, S::rollback_failed},  // … and a person has looked
});

constexpr std::array<std::string_view, run_inputs> input_words{
    "start",      "plan-ready",     "hold",     "admit",     "nothing-to-do", "plan-failed", "approve",
    "deny",       "expire",         "cancel",   "pause",     "resume",        "conflict",    "step-failed",
    "give-up",    "all-applied",    "verified", "foreign",   "undone",        "undo-failed", "doubt",
    "found-done", "found-not-done", "wait",     "wait-over", "go-on",         "more-known",  "ask-anew"};

}  // namespace

std::string_view name(RunInput input) { return word_of(input_words, input); }
std::optional<RunInput> parse_run_input(std::string_view text) { return value_of<RunInput>(input_words, text); }

std::optional<RunState> next(RunState state, RunInput input) {
  for (const Edge& edge : edges) {
    if (edge.from == state && edge.input == input) return edge.to;
  }
  return std::nullopt;
}

}  // namespace aright::workflow
