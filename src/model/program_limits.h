// The limits of what a program gets, told before anything is started.
#pragma once

#include "base/result.h"
#include "model/program.h"

namespace aright {

/// Whether arguments, environment and input of a request are within the limits of model/program.h, and none of the
/// first two has a NUL byte. Secrets that are not filled in yet count nothing. Errc::invalid names what is beyond, as
/// "argument 1 of /bin/p: …". Pure.
[[nodiscard]] Result<Done> within_program_limits(const ProgramRequest& request);

}  // namespace aright
