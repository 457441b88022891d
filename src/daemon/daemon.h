// The daemon: everything built by hand, started and stopped as a list one can read.
#pragma once

#include "cli/cli.h"

namespace aright::daemon {

/// Runs until SIGTERM or SIGINT. 0: stopped in order; 1: could not start, or had to stop.
int serve(const cli::ServeOptions& options);

/// The engine without a daemon: reads everything, lets workflows act as far as they may, stops when nothing is left to
/// do without a person. See cli::Hooks::fix.
Result<cli::FixOutcomes> fix(const cli::ServeOptions& options);

}  // namespace aright::daemon
