// All sources in one place to wait at: changes, schedules, the pause file, signals.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/tails.h"
#include "engine/gate.h"
#include "engine/shell.h"
#include "model/workflow.h"

namespace aright::daemon {

class Sources {
 public:
  /// What a configuration makes us listen to, listening already.
  struct Armed;
  /// What `wait` woke for.
  enum class Asked : std::uint8_t { stop, reload };

  /// SIGTERM, SIGINT, SIGUSR1 must be blocked in every thread before; SIGHUP, unless it should end the process.
  /// `key`: as Tails.
  static Result<std::unique_ptr<Sources>> start(const Config& config, const std::string& pause_file,
                                                engine::Shell& shell, engine::Gate& gate, const std::string& key);
  ~Sources();
  /// Waits until something happens, at most that long, and posts it. One thread at a time.
  void listen(std::optional<Nanos> at_most);
  /// Begins to follow logs, each from where `places` says. After the engine's start, before the first `listen`. Errors
  /// as Tails::arm.
  Result<Done> follow(const std::vector<source::TailDefinition>& logs, const Tails::Places& places);
  /// Any thread. As Tails::view.
  [[nodiscard]] Json view() const;
  /// Any thread: `listen` returns, the present one or the next.
  void stir();
  /// Begins to listen to what `config` and `logs` name, beside what is listened to now; `take` makes it what `listen`
  /// waits for. Nothing that changes after this returns is missed. Errors as source/watch and Tails::arm. Any thread.
  [[nodiscard]] Result<std::shared_ptr<Armed>> arm(const Config& config,
                                                   const std::vector<source::TailDefinition>& logs) const;
  /// In the place of what is listened to now, from the next `listen` on. Any thread.
  void take(std::shared_ptr<Armed> armed);
  /// Any thread, one at a time. Blocks until SIGTERM or SIGINT (stop), or SIGHUP (reload).
  Asked wait();

 private:
  struct Impl;
  explicit Sources(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::daemon
