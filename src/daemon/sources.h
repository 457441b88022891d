// All sources in one place to wait at: changes, schedules, the pause file, signals.
#pragma once

#include <memory>
#include <optional>
#include <string>

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
  /// Waits until something happens, at most that long, and posts it. One thread at a time.
  void listen(std::optional<Nanos> at_most);
  /// Any thread: `listen` returns, the present one or the next.
  void stir();
  /// Any thread. Blocks until SIGTERM or SIGINT.
  void wait_for_stop();

 private:
  struct Impl;
  explicit Sources(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::daemon
