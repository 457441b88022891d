// The runner of programs as the daemon holds it: made at start, told to end what runs when the stop takes too long.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "driver/exec/exec_runner.h"
#include "engine/turns.h"

namespace aright::daemon {

class Programs {
 public:
  /// Errors as ExecRunner::create.
  static Result<std::unique_ptr<Programs>> create();

  [[nodiscard]] ProgramRunner& runner() { return *runner_; }
  /// The stop has been asked for: what still runs after a while is ended, early enough for its end to be recorded.
  void end_soon();

 private:
  explicit Programs(std::unique_ptr<driver::ExecRunner> runner) : runner_(std::move(runner)) {}

  std::unique_ptr<driver::ExecRunner> runner_;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread ender_;  ///< ends before what it uses
};

}  // namespace aright::daemon
