// Events in, detections out: rules, and correlations with their memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "detect/sigma/mode_windows.h"
#include "detect/sigma/rule_set.h"

namespace aright::detect::sigma {

/// One rule or correlation that says something about an event.
struct Detection {
  const Header* header{nullptr};      ///< of the rule or correlation; lives as long as the rule set. Name its authors
  bool correlated{false};             ///< by a correlation
  std::vector<std::string> searches;  ///< a rule's search identifiers that are true of the event
  std::vector<std::pair<std::string, std::string>> group;  ///< a correlation's `group-by` fields and their values
  Mode mode_max{Mode::observe};  ///< workflows go no further: of a correlation, by what suffices to complete it
  std::vector<ModeWindows::Completion> completed{};  ///< the windows that a correlation completes, as ModeWindows::add
};

/// Pure apart from its own memory: knows no clock, reads nothing. One thread at a time.
class Detector {
 public:
  explicit Detector(std::shared_ptr<const RuleSet> rules, const WindowLimits& limits = {});

  /// What matches `event`, which stands at `place` and with which workflows go as far as `mode_max`: rules in their
  /// order (those that alert alone), then correlations that it completes. The same event fed twice counts once in
  /// correlations; its rules are told again.
  [[nodiscard]] std::vector<Detection> feed(const Event& event, const Occurrence& place, Mode mode_max);

  /// Of an event of which nobody knows when it was: no correlation can count it.
  struct Timeless {
    std::vector<Detection> detections;  ///< of rules that alert alone
    bool uncounted{false};              ///< a correlation would have counted it
  };
  [[nodiscard]] Timeless look(const Event& event, Mode mode_max) const;

  /// As ModeWindows has them, of all correlations.
  void hold();
  void settle();
  /// Of the correlation whose definition has the hash `definition`, if there still is one.
  void note_completed(const std::string& definition, const Group& group, const ModeWindows::Completion& completion);

  /// As ModeWindows::count_at, of the correlation at `index` of the rule set.
  [[nodiscard]] std::vector<ModeWindows::Count> count_at(std::size_t index, const Group& group,
                                                         const std::string& source, std::uint64_t offset) const {
    return windows_.at(index).count_at(group, source, offset);
  }

  /// As ModeWindows::silenced_by, of the correlation at `index` of the rule set.
  [[nodiscard]] std::optional<WallTime> silenced_by(std::size_t index, const Group& group, WallTime at) const {
    return windows_.at(index).silenced_by(group, at);
  }

  /// As ModeWindows::each_group, of the correlation at `index` of the rule set.
  void each_group(std::size_t index, const std::function<void(const Group&, std::uint64_t, WallTime)>& take) const {
    windows_.at(index).each_group(take);
  }

  struct Counters {
    CountWindows::Counters windows;  ///< over all correlations
    std::uint64_t late{0};           ///< events that came too late for some correlation
    std::uint64_t ungrouped{0};      ///< matches that lack a `group-by` field and count nowhere
    std::size_t groups{0};           ///< kept at present
    std::size_t events{0};           ///< kept at present
  };
  [[nodiscard]] Counters counters() const;
  /// `Counters::late` alone: at no cost.
  [[nodiscard]] std::uint64_t late() const { return late_; }

  /// What changed in the windows since the last call: correlation (id, else name) → `ModeWindows::take_changes`.
  [[nodiscard]] Json take_changes();
  /// Everything, as the first snapshot of a new row of them.
  [[nodiscard]] Json take_all();
  /// Applies what `take_changes` or `take_all` gave. Returns the correlations whose windows start empty, because they
  /// are new in their definition or are not there any more. Errc::corrupt: it is not what was written; then what came
  /// before the broken part is applied, and the whole detector should be thrown away.
  [[nodiscard]] Result<std::vector<std::string>> restore(const Json& changes);

 private:
  [[nodiscard]] std::string key(std::size_t correlation) const;

  std::shared_ptr<const RuleSet> rules_;
  std::vector<ModeWindows> windows_;
  std::uint64_t ungrouped_{0};
  std::uint64_t late_{0};
};

}  // namespace aright::detect::sigma
