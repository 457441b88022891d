// The memory of an `event_count` correlation: which events each group has seen within the time.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "detect/sigma/correlation.h"

namespace aright::detect::sigma {

/// Where an event stands in time and in its source. Windows are ordered by this.
struct Occurrence {
  /// Event time, no later than the event's arrival (`place_of`): what is older than a group's newest event by more than
  /// the timespan and the lateness is not counted.
  WallTime at{};
  std::string source;
  std::uint64_t offset{0};
  auto operator<=>(const Occurrence&) const = default;
};

/// What is kept at most. When it is full, the group whose newest event is the oldest makes room.
struct WindowLimits {
  std::size_t groups_max = 10'000;
  std::size_t events_max = 200'000;           ///< over all groups
  Nanos lateness = std::chrono::seconds(30);  ///< beyond the timespan
};

/// The values of the `group-by` fields.
using Group = std::vector<std::string>;

/// Sliding windows (t − timespan, t], one a group. It fires at the event that brings the number of events in a window
/// into the correlation's range, and is then silent for that group until the timespan has passed in event time.
/// Events may come in any order: what is kept of a group depends on which have come, not on how. A window is judged by
/// what is kept of it; of a range with an upper end only windows that are kept whole. Knows no clock. One thread at a
/// time.
class CountWindows {
 public:
  enum class Outcome : std::uint8_t {
    counted,   ///< not enough yet
    fired,     ///< this event completes it
    silent,    ///< enough, but it fired less than a timespan ago
    repeated,  ///< this very event was counted before
    late,      ///< too old to be counted
  };
  struct Counters {
    std::uint64_t late{0};
    std::uint64_t repeated{0};
    std::uint64_t evicted_events{0};  ///< dropped for want of room while they could still count
    std::uint64_t evicted_groups{0};  ///< likewise
  };

  explicit CountWindows(const Correlation& correlation, const WindowLimits& limits = {});

  Outcome add(const Group& group, const Occurrence& event);

  /// Nothing is forgotten for its age, and so nothing comes late, until `settle`: for input that is not in the order of
  /// time, such as several files one after the other. The limits hold.
  void hold() { holding_ = true; }
  void settle();

  /// The end of the window of the group that was completed last.
  [[nodiscard]] std::optional<WallTime> completed(const Group& group) const;
  /// The end of the window that keeps what ends at `at` silent: it was completed then, less than a timespan before, or
  /// at `at` itself. nullopt: nothing does.
  [[nodiscard]] std::optional<WallTime> silenced_by(const Group& group, WallTime at) const;
  /// It was completed in an earlier life, by events that may come again: they do not complete it a second time.
  void note_completed(const Group& group, WallTime until);
  /// Of the correlation.
  [[nodiscard]] const std::string& definition() const { return definition_; }

  /// Where an event stands in its group: how many events of the window that ends with it are kept now, itself among
  /// them. nullopt: it is not kept, any more or at all.
  [[nodiscard]] std::optional<std::uint64_t> count_at(const Group& group, const std::string& source,
                                                      std::uint64_t offset) const;

  /// When an event of its group was; nullopt: it is not kept, any more or at all.
  [[nodiscard]] std::optional<WallTime> time_of(const Group& group, const std::string& source,
                                                std::uint64_t offset) const;
  /// How many events of the group's window that ends at `end` are kept now.
  [[nodiscard]] std::uint64_t count_until(const Group& group, WallTime end) const;

  /// Each group with the events of the window that ends with its newest one, and that one's time.
  void each_group(const std::function<void(const Group&, std::uint64_t, WallTime)>& take) const;

  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::size_t events() const { return events_; }

  /// The groups that changed since the last call (at first: since the beginning), and which are gone. Applied to the
  /// snapshots before it, in order, it gives the present state.
  [[nodiscard]] Json take_changes();
  /// Everything, as the first snapshot of a new row of them; nothing counts as changed after it.
  [[nodiscard]] Json take_all();
  /// The next `take_changes` is `take_all`.
  void all_changed();
  /// Applies what `take_changes` or `take_all` gave. Errc::conflict: it belongs to another definition of the
  /// correlation (the window starts empty, with a note). Errc::corrupt: it is not what was written. Nothing is changed
  /// then.
  Result<Done> restore(const Json& changes);

 private:
  struct Window {
    std::deque<Occurrence> events;          ///< in order
    std::optional<WallTime> fired;          ///< the end of the window that fired last
    WallTime whole_after{WallTime::min()};  ///< what is no later may have been forgotten
    /// Without an event: it has come from an earlier life and waits for its events.
    [[nodiscard]] WallTime newest() const {
      return events.empty() ? fired.value_or(WallTime::min()) : events.back().at;
    }
  };

  void insert(const Group& group, Window window);
  void erase(const Group& group);
  void trim(const Group& group, Window& window);
  void make_room(const Group& kept);
  [[nodiscard]] std::uint64_t count_until(const Window& window, WallTime end) const;
  [[nodiscard]] Outcome judge(Window& window, WallTime at) const;
  [[nodiscard]] WallTime horizon(WallTime newest) const;

  std::string definition_;
  Nanos timespan_;
  CountRange range_;
  WindowLimits limits_;
  std::size_t group_events_max_;
  std::map<Group, Window> groups_;
  std::set<std::pair<WallTime, Group>> by_age_;
  std::set<Group> changed_;
  std::set<Group> held_;  ///< those that may have more than they would without `hold`
  bool holding_{false};
  std::size_t events_{0};
  WallTime newest_{WallTime::min()};
  Counters counters_;
};

}  // namespace aright::detect::sigma
