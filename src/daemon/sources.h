// All sources in one place to wait at: changes, schedules, the pause file, signals.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "cli/config_folder.h"
#include "daemon/tails.h"
#include "daemon/webhooks.h"
#include "engine/gate.h"
#include "engine/shell.h"
#include "model/workflow.h"

namespace aright::daemon {

class Sources {
 public:
  /// What a configuration makes us listen to, listening already.
  struct Armed;
  /// What `wait` woke for.
  enum class Asked : std::uint8_t { stop, reload, socket_moved };
  /// Absolute paths of the state folder whose coming and going matters.
  struct Names {
    std::string pause;
    std::string socket;
  };

  /// SIGTERM, SIGINT, SIGUSR1 must be blocked in every thread before; SIGHUP, unless it should end the process.
  /// `key`: as Tails and Webhooks; `deliveries`: the folder of the latter.
  static Result<std::unique_ptr<Sources>> start(const Config& config, Names names, engine::Shell& shell,
                                                engine::Gate& gate, const std::string& key,
                                                const std::string& deliveries);
  ~Sources();
  /// Waits until something happens, at most that long, and posts it. One thread at a time.
  void listen(std::optional<Nanos> at_most);
  /// Begins to follow logs and to take deliveries, each from where `places` says. After the engine's start, before the
  /// first `listen`. Errors as Tails::arm and Webhooks::arm.
  Result<Done> follow(const cli::LoadedConfig& loaded, const Places& places);
  /// Any thread, after `follow`.
  [[nodiscard]] const Webhooks& webhooks() const;
  /// Any thread, after `follow`. As Webhooks::unread.
  [[nodiscard]] std::vector<Webhooks::Unread> unread() const;
  /// Any thread. As Tails::view and Webhooks::view, each name once.
  [[nodiscard]] Json view() const;
  /// Any thread. As api::Taps::next.
  [[nodiscard]] Json tap(const std::string& source, std::optional<std::uint64_t> after);
  /// Any thread. What stands at a place of a log or webhook, once more. As Tails::read_again and Webhooks::read_again;
  /// Errc::not_found also: no such source is configured.
  [[nodiscard]] Result<ReadAgain> read_again(const std::string& source, const api::EventPlace& place) const;
  /// Any thread. As of the last `listen`.
  [[nodiscard]] api::WatchView unwatched() const;
  /// Any thread: `listen` returns, the present one or the next.
  void stir();
  /// Begins to listen to what a configuration names, beside what is listened to now; `take` makes it what `listen`
  /// waits for. Nothing that changes after this returns is missed. Errors as source/watch, Tails::arm and
  /// Webhooks::arm. Any thread.
  [[nodiscard]] Result<std::shared_ptr<Armed>> arm(const cli::LoadedConfig& loaded) const;
  /// In the place of what is listened to now. Returns when `listen` has it, so that nothing written later is read as
  /// the one before would, or after 10 s, or when it stops. Any thread, one at a time, not the one that listens.
  void take(std::shared_ptr<Armed> armed);
  /// Any thread, one at a time. Blocks until SIGTERM or SIGINT (stop), or SIGHUP (reload), or until the socket's name
  /// has come or gone (socket_moved).
  Asked wait();
  /// The user whose signal asked for the newest reload. Any thread.
  [[nodiscard]] std::uint32_t reload_asked_by() const;
  /// Any thread: `wait` returns `stop`, as if by a signal.
  void end_wait();

 private:
  struct Impl;
  explicit Sources(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::daemon
