// The run table: state × input → state. The one place that says what may follow what.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/run.h"

namespace aright::workflow {

enum class RunInput : std::uint8_t {
  start,          ///< its resources are free
  plan_ready,     ///< mode plan (or observe): recorded, done
  hold,           ///< a guard or the mode asks for a person
  admit,          ///< guards or an approval let it go
  nothing_to_do,  ///< already as desired
  plan_failed,    ///< cannot be planned
  approve,        ///< a person lets it go on: plans again
  deny,
  expire,
  cancel,  ///< between effects only
  pause,
  resume,
  conflict,     ///< somebody changed a resource before our first effect: plans again
  step_failed,  ///< an effect failed after others were made, or read back wrong
  give_up,      ///< an effect failed and nothing was made
  all_applied,
  verified,  ///< all of it is read back as desired; also what a run planned anew had made already
  foreign,   ///< the state read is not one we made: a person decides, untouched
  undone,
  undo_failed,
  doubt,       ///< an effect may have happened and cannot be read back
  found_done,  ///< a person resolved a doubt
  found_not_done,
  wait,        ///< a step `wait` begins
  wait_over,   ///< plans what is left anew
  go_on,       ///< what is left may be done: it was admitted before its wait
  more_known,  ///< a step whose turn it is can be planned only now
  ask_anew,    ///< it reads otherwise than people were shown: plans again, and asks about that
};
inline constexpr std::size_t run_inputs = 28;
[[nodiscard]] std::string_view name(RunInput input);
[[nodiscard]] std::optional<RunInput> parse_run_input(std::string_view text);

/// The next state, or nullopt where the input has no meaning in `state` (a broken invariant or a late message: the
/// caller drops it and counts). Pure.
[[nodiscard]] std::optional<RunState> next(RunState state, RunInput input);

}  // namespace aright::workflow
