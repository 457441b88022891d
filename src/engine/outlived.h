// Programs that have outlived the life of the daemon that started them. Values. Decision: docs/decisions/0150.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/program.h"
#include "model/run.h"

namespace aright::engine {

/// Of a run: its program that an earlier life has announced and not seen end.
struct Outlived {
  std::size_t step{0};
  bool over{false};                            ///< nothing of it is at work any more
  bool was_at_work{false};                     ///< it was, after the restart
  bool asked{false};                           ///< an answer is to come, or a timer asks again
  std::optional<Nanos> seen{};                 ///< boot time at which it was first found at work
  Nanos pause{std::chrono::milliseconds{50}};  ///< until it is looked for again; grows
};

/// The step whose program may be at work still, for all that is on record at a start.
[[nodiscard]] inline std::optional<std::size_t> step_outlived(const Run& run) {
  if (run.state != RunState::running && run.state != RunState::waiting && run.state != RunState::rolling_back) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const RunStep& step = run.steps[i];
    if (step.state == StepState::intended && step.resource.driver == program_driver && !step.ran) return i;
  }
  return std::nullopt;
}

}  // namespace aright::engine
