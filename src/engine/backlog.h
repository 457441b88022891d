// Runs that have not begun. A value: no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/control.h"

namespace aright::engine {

/// Runs that wait to begin, and which source each is from. Severe ones begin first, then older ones. Those that need
/// the same stand in a lane: when the first of them finds no room, none behind it does, and nobody walks past ten
/// thousand to see that.
class Backlog {
 public:
  struct Waiter {
    Level severity{Level::medium};
    std::uint64_t run{0};
    const std::string* lane{nullptr};    ///< its key; for as long as somebody waits in it
    const std::string* source{nullptr};  ///< a key of `by_source_`
    bool operator<(const Waiter& other) const {
      return severity == other.severity ? run < other.run : severity > other.severity;
    }
  };

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  template <typename Told>
  void each(const Told& told) const {
    for (const auto& [key, lane] : lanes_) {
      for (const Waiter& waiter : lane) told(waiter);
    }
  }
  /// Those of one lane, in order, until `told` says false.
  template <typename Told>
  void each_of(const std::string& lane, const Told& told) const {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return;
    for (const Waiter& waiter : found->second) {
      if (!told(waiter)) return;
    }
  }
  /// Who is next behind `last`, or first of all; of the lanes that are not `closed`.
  [[nodiscard]] std::optional<Waiter> next(const std::optional<Waiter>& last,
                                           const std::set<std::string>& closed) const {
    std::optional<Waiter> best;
    for (const auto& [key, lane] : lanes_) {
      if (closed.contains(key)) continue;
      const auto at = last ? lane.upper_bound(*last) : lane.begin();
      if (at != lane.end() && (!best || *at < *best)) best = *at;
    }
    return best;
  }
  /// Where it waits; nullptr: it does not.
  [[nodiscard]] const std::string* lane_of(std::uint64_t run) const {
    const auto place = places_.find(run);
    return place == places_.end() ? nullptr : place->second.lane;
  }

  void add(Level severity, std::uint64_t run, const std::string& lane, const std::string& source) {
    if (places_.contains(run)) return;
    const auto of = by_source_.try_emplace(source, 0).first;
    const auto in = lanes_.try_emplace(lane).first;
    const Waiter waiter{severity, run, &in->first, &of->first};
    ++of->second;
    in->second.insert(waiter);
    places_.emplace(run, waiter);
  }

  void remove(std::uint64_t run) {
    const auto place = places_.find(run);
    if (place == places_.end()) return;
    const auto of = by_source_.find(*place->second.source);
    if (--of->second == 0) by_source_.erase(of);
    const auto lane = lanes_.find(*place->second.lane);
    lane->second.erase(place->second);
    if (lane->second.empty()) lanes_.erase(lane);
    places_.erase(place);
  }

  /// Of which sources no more should be taken in, when `most` wait: those with a part of it that is not small. Others
  /// are not kept waiting by their flood.
  [[nodiscard]] std::set<std::string> crowding(std::size_t most) const {
    std::set<std::string> sources;
    if (size() < most) return sources;
    for (const auto& [source, runs] : by_source_) {
      if (runs * small_part >= most) sources.insert(source);
    }
    return sources;
  }

 private:
  static constexpr std::size_t small_part = 16;
  std::map<std::string, std::set<Waiter>> lanes_;
  std::map<std::uint64_t, Waiter> places_;  ///< by run
  std::map<std::string, std::size_t> by_source_;
};

}  // namespace aright::engine
