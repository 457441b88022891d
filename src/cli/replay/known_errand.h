// What a log knows of the answers of programs and servers, and what takes the place of those that it has not.
#pragma once

#include <string>

#include "cli/replay/told_log.h"
#include "engine/core.h"
#include "engine/messages.h"
#include "model/step_output.h"

namespace aright::cli {

/// An answer, as a program or a server gives it.
struct KnownAnswer {
  int number{0};  ///< exit code or status
  std::string text;
};

struct KnownErrand {
  engine::DoErrand work;  ///< without what it expects of a text that nobody has
  KnownAnswer answer;
  std::string untold;  ///< why nobody can tell how the run goes on; empty: it goes on as is told here
};

/// What the step of `work` declares to be written. Pure.
[[nodiscard]] OutputShape declared_output(const engine::Core& core, const engine::DoErrand& work);

/// `told`: the run of the log that this one is; nullptr: there is none. `output`: what its step declares to be written.
/// Where the log has no answer, and does not say that the step failed, one is made that the step is content with. Pure.
[[nodiscard]] KnownErrand known_errand(engine::DoErrand work, const ToldRun* told, const OutputShape& output);

}  // namespace aright::cli
