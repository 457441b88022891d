// The hand that runs programs. Two implementations: `driver/exec` (real) and the simulator's.
#pragma once

#include "base/result.h"
#include "model/program.h"

namespace aright {

/// Any thread; several programs at once, as many as the implementation's limit says.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;

  /// Runs the program and returns when nothing of it is left. Whether that is a success, the caller judges.
  /// Errors; on all but `timeout` nothing was started:
  /// invalid: the request breaks a limit, the file is not what can be run, or the strings are too long;
  /// not_found: no such program, or its interpreter is missing;
  /// denied: not executable, changeable by others, a path through a link;
  /// conflict: a program with this key is running;
  /// unavailable (retry): as many as may run are running, the file is being written, out of processes or handles;
  /// timeout: it was killed, but did not end; what it did and does is not known.
  virtual Result<ProgramOutcome> run(const ProgramRequest& request) = 0;

  /// Whether `run` would find a file that it may run; what it says where it would not. Nothing is started.
  virtual Result<Done> may_run(const ProgramRequest& /*request*/) { return Done{}; }

  /// Whether what an earlier life of this process started for the same key and cause is at work still, whatever it has
  /// become. Where its time limit is over, or where it is `overdue`, it is ended as `run` would have done.
  /// Errc::timeout: it is to be over, and cannot be ended.
  virtual Result<FormerProgram> former(const ProgramRequest& request, bool overdue) = 0;
};

}  // namespace aright
