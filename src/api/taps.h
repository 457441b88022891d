// Events of a source for whoever looks on while they come. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/json.h"
#include "model/intake.h"

namespace aright::api {

/// Keeps the newest events of a source as long as somebody asks for them; who asks too seldom loses the oldest,
/// counted. Never waits for anybody.
class Taps {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t events_max = 1000;             ///< kept of one source
  static constexpr std::uint64_t bytes_max = 4U << 20U;       ///< of one source, as they were read, about
  static constexpr std::size_t answer_max = 200;              ///< events in one answer
  static constexpr auto kept_for = std::chrono::seconds{30};  ///< after the last question

  /// Before `read` goes to the engine. Copies nothing while nobody looks on.
  void offer(const EventsRead& read, Clock::time_point now);

  /// The events from number `after` on; nullopt: none, those that come from now on will be. `next`: what to ask for
  /// then; `lost`: how many from `after` on are not kept any more; `events`: source, offset, time, data.
  [[nodiscard]] Json next(const std::string& source, std::optional<std::uint64_t> after, Clock::time_point now);

 private:
  struct Kept {
    std::shared_ptr<const Json> event;
    std::uint64_t bytes{0};
  };
  struct Tap {
    std::uint64_t end{0};  ///< events since the start
    std::deque<Kept> kept;
    std::uint64_t bytes{0};
    std::optional<Clock::time_point> asked;
  };
  std::mutex mutex_;
  std::map<std::string, Tap> taps_;
};

}  // namespace aright::api
