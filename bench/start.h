// From exec to "ready".
#pragma once

#include "daemon.h"
#include "parts.h"

namespace aright::bench {

/// Starts on the state at `where` again and again; then lets `audit verify` go over all of it.
[[nodiscard]] Result<Done> measure_used_state(const Daemon::Where& where, Report& report);

}  // namespace aright::bench
