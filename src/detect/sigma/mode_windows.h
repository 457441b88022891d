// The windows of one correlation whose events may come from sources that do not all go equally far.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "detect/sigma/count_windows.h"
#include "model/mode.h"

namespace aright::detect::sigma {

/// For each mode the windows as they are where there are only the events with which workflows go at least so far. So
/// what goes less far can neither complete a window of more nor keep one from being completed. Modes that have seen the
/// same events share their windows: where all sources go equally far, there is nothing twice. One thread at a time.
class ModeWindows {
 public:
  explicit ModeWindows(const Correlation& correlation, const WindowLimits& limits = {});

  /// A window that was completed: of the events with which workflows go at least as far as a mode, for each mode from
  /// `least` to `most`, for which these were the same.
  struct Completion {
    Mode least{Mode::off};
    Mode most{Mode::auto_};
    WallTime until{};  ///< the end of the window
    bool operator==(const Completion&) const = default;
  };
  struct Added {
    std::vector<Completion> completed;  ///< in rising order: how far workflows go with it, the last one says
    bool late{false};                   ///< it came too late for some mode
    /// nullopt: it completes nothing.
    [[nodiscard]] std::optional<Mode> mode() const {
      return completed.empty() ? std::nullopt : std::optional(completed.back().most);
    }
  };
  /// `mode_max`: how far workflows go with this event. An event that was counted before stays what it was.
  Added add(const Group& group, const Occurrence& event, Mode mode_max);

  /// As CountWindows has them, for all modes.
  void hold();
  void settle();
  /// As CountWindows::note_completed, for the modes that it is of. What is completed of a higher one is news still.
  void note_completed(const Group& group, const Completion& completion);
  /// Of the correlation.
  [[nodiscard]] const std::string& definition() const { return empty_.definition(); }

  struct Count {
    Mode mode{};  ///< of the events with which workflows go at least so far
    std::uint64_t count{0};
    std::optional<WallTime> silenced_by{};  ///< as CountWindows has it, at the event
    bool after{false};                      ///< it came later than what completed that window
  };
  /// As CountWindows::count_at, of each mode with windows of its own, in rising order: the first is of all events.
  /// Empty: the event is not kept.
  [[nodiscard]] std::vector<Count> count_at(const Group& group, const std::string& source, std::uint64_t offset) const;

  /// As CountWindows::silenced_by, where it is so of each mode: the one that was completed first.
  [[nodiscard]] std::optional<WallTime> silenced_by(const Group& group, WallTime at) const;

  /// As CountWindows has them, of all events.
  void each_group(const std::function<void(const Group&, std::uint64_t, WallTime)>& take) const {
    all().each_group(take);
  }
  [[nodiscard]] const CountWindows::Counters& counters() const { return all().counters(); }
  [[nodiscard]] std::size_t groups() const { return all().groups(); }
  [[nodiscard]] std::size_t events() const { return all().events(); }

  /// As CountWindows; what goes less far than auto lies under "modes".
  [[nodiscard]] Json take_changes();
  [[nodiscard]] Json take_all();
  /// As CountWindows, but with Errc::corrupt some of it may have been applied: to be thrown away. What a version
  /// without modes wrote is taken to go as far as any.
  Result<Done> restore(const Json& changes);

 private:
  [[nodiscard]] const CountWindows& all() const { return by_mode_.begin()->second; }
  void part(Mode mode);
  [[nodiscard]] Json take(Json (CountWindows::*taken)());

  CountWindows empty_;
  std::map<Mode, CountWindows> by_mode_;  ///< auto always; a mode that is not there has those of the next one above
};

}  // namespace aright::detect::sigma
