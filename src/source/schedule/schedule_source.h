// Source `schedule`: says when a control is due. Pure but for the clock readings it is given; nothing is armed when
// nothing is scheduled.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "source/hint.h"

namespace aright::source {

class ScheduleSource {
 public:
  using Clock = std::chrono::steady_clock;
  struct Item {
    std::string control;
    std::chrono::nanoseconds every{};
  };
  /// The first scan of each comes after its `every`: the engine reads everything at its start.
  ScheduleSource(const std::vector<Item>& items, Clock::time_point now);
  /// Other items from now on. One that is as before keeps its time, a new one comes after its `every`.
  void adopt(const std::vector<Item>& items, Clock::time_point now);
  /// One hint per control that is due; what was missed meanwhile is one scan, not many.
  std::vector<Hint> due(Clock::time_point now);
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

 private:
  struct Planned {
    Item item;
    Clock::time_point next;
  };
  std::vector<Planned> planned_;
  std::uint64_t offset_{0};
};

}  // namespace aright::source
