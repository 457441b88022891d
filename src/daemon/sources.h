// One thread that waits on all sources: changes, schedules, the pause file, signals.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/gate.h"
#include "engine/shell.h"
#include "model/workflow.h"

namespace aright::daemon {

class Sources {
 public:
  /// SIGTERM, SIGINT, SIGUSR1 must be blocked in every thread before.
  static Result<std::unique_ptr<Sources>> start(const Config& config, const std::string& pause_file,
                                                engine::Shell& shell, engine::Gate& gate);
  ~Sources();
  /// Blocks until SIGTERM or SIGINT.
  void wait_for_stop();

 private:
  struct Impl;
  explicit Sources(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::daemon
