// Starts one program: three pipes, nothing else of ours.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/program.h"

namespace aright::driver {

/// A started program and our ends of its pipes, none of which block.
struct Child {
  pid_t pid{0};
  UniqueFd ended;   ///< readable when it has ended (pidfd)
  UniqueFd input;   ///< to write to
  UniqueFd output;  ///< to read from
  UniqueFd errors;  ///< to read from
};

/// In "/", in a session of its own, with the default signal mask and dispositions, no descriptors but the three and,
/// where `mark` is one, that as `Marks::handle`, and the environment of `environment_of`. Errors as ProgramRunner::run;
/// nothing was started then.
[[nodiscard]] Result<Child> spawn(const ProgramRequest& request, const UniqueFd& mark = {});

}  // namespace aright::driver
