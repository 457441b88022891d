// What the daemon asks of and tells the system about itself: clocks, names, signals.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace aright::daemon {

/// Of the calling thread; shown by `top -H` and /proc/PID/task/*/comm.
void name_thread(const char* name);

[[nodiscard]] Nanos boot_time();
[[nodiscard]] WallTime wall_time();
/// Errors as reading /proc says.
[[nodiscard]] Result<std::string> read_boot_id();

/// Before any thread is started and any secret read. Signals are taken by a descriptor; writing past a limit or to a
/// closed socket is an error, not a death. With `reloads`, SIGHUP is one of those taken. Our memory is closed to other
/// processes, and in no core dump (docs/decisions/0165), unless the environment has ARIGHT_DUMPABLE=1.
void set_up_process(bool reloads);

}  // namespace aright::daemon
