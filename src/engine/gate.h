// The pause gate: looked at right before every effect, so that a pause works at once and without the database.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "engine/pause.h"

namespace aright::engine {

/// Any thread. Each origin closes and opens for itself. What was closed for a scope stays so until `close_only` says
/// what remains: who asks for a pause closes at once, who records them knows what is over.
class Gate {
 public:
  enum Origin : std::uint8_t { operator_ = 1, file = 2, signal = 4 };
  void close(Origin origin) { closed_.fetch_or(origin); }
  void open(Origin origin) { closed_.fetch_and(static_cast<std::uint8_t>(~origin)); }
  /// Everything: as origin operator_.
  void close(const PauseScope& scope) {
    if (scope.of() == PauseScope::Of::everything) return close(operator_);
    const std::scoped_lock lock(mutex_);
    scopes_.insert(scope);
    any_ = true;
  }
  /// Of origin operator_ and of scopes, nothing else is closed any more.
  void close_only(const PauseScopes& scopes) {
    const std::scoped_lock lock(mutex_);
    scopes_ = scopes;
    const bool everything = scopes_.erase(PauseScope::everything()) != 0;
    any_ = !scopes_.empty();
    everything ? close(operator_) : open(operator_);
  }
  /// Nobody has closed it for everything.
  [[nodiscard]] bool is_open() const { return closed_.load() == 0; }
  /// An effect by `driver` for `workflow` may begin.
  [[nodiscard]] bool lets(std::string_view workflow, std::string_view driver) const {
    if (!is_open()) return false;
    if (!any_) return true;
    const std::scoped_lock lock(mutex_);
    return std::ranges::none_of(scopes_, [&](const PauseScope& s) { return s.covers(workflow, driver); });
  }
  /// What is closed now, by whomever.
  [[nodiscard]] PauseScopes closed() const {
    const std::scoped_lock lock(mutex_);
    PauseScopes all = scopes_;
    if (!is_open()) all.insert(PauseScope::everything());
    return all;
  }

 private:
  std::atomic<std::uint8_t> closed_{0};
  std::atomic<bool> any_{false};  ///< of `scopes_`: without one, nobody waits for the lock
  mutable std::mutex mutex_;
  PauseScopes scopes_;
};

}  // namespace aright::engine
