// The secrets of this node, for the moment in which a hand needs them.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/redact.h"
#include "base/secret_source.h"
#include "model/program.h"
#include "model/secret_text.h"

namespace aright::driver {

/// Knows where they lie: each is read when it is used, so that a changed one counts at once. What has been handed over
/// is kept only to be masked: for as long as whoever got it, and those who follow in the run, may still repeat it. Any
/// thread.
class SecretKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  /// A program may last an hour, and what is left of it is ended within seconds.
  static constexpr std::chrono::minutes masked_for{90};
  /// Of each secret; one that changes more often is masked in what its own receiver says, by that receiver's redactor.
  static constexpr std::size_t masked_max = 8;

  /// `now`: for tests.
  explicit SecretKeeper(SecretSources sources, std::function<Clock::time_point()> now = Clock::now)
      : sources_(std::move(sources)), now_(std::move(now)) {}

  /// Another configuration.
  void change(SecretSources sources);

  /// To be handed over; `handed` knows it afterwards. Errors as `read_secret`, and Errc::not_found for a name that is
  /// not known. They name the secret.
  [[nodiscard]] Result<Secret> get(const std::string& name, Redactor& handed);
  /// `text` with its secret in its place; the caller wipes it. Otherwise as `get`.
  [[nodiscard]] Result<std::string> revealed(const SecretText& text, Redactor& handed);

  /// Masks in what others wrote: what `handed` knows, what their sources hold now, and what was handed over lately.
  [[nodiscard]] Redactor redactor(Redactor handed);

 private:
  struct Handed {
    Secret value;
    Clock::time_point at;
  };
  [[nodiscard]] SecretSources sources() const;
  void remember(const std::string& name, const Secret& secret);
  void forget_old();

  mutable std::mutex mutex_;
  SecretSources sources_;
  std::function<Clock::time_point()> now_;
  std::map<std::string, std::deque<Handed>> handed_;  ///< by name; the last one was handed over last
};

}  // namespace aright::driver
