// Runs that have not begun. A value: no clock, no threads.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "model/control.h"

namespace aright::engine {

/// What only one run, or so many, may have while it is at work.
struct Contested {
  enum class What : std::uint8_t { resource, subject } what{What::resource};
  std::string name;
  auto operator<=>(const Contested&) const = default;
};

/// Runs that wait to begin, and which source each is from. Severe ones begin first, then older ones. Those that need
/// the same stand in a lane: when the first of them finds no room, none behind it does, and nobody walks past ten
/// thousand to see that. Who waits for what another run has is parked beside its lane and not asked until that is free;
/// then the first of each lane is, and whoever is behind it once that one has left.
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
    for (const auto& [run, place] : places_) told(place.waiter);
  }
  /// Those of one lane that are not parked, in order, until `told` says false.
  template <typename Told>
  void each_of(const std::string& lane, const Told& told) const {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return;
    for (const Waiter& waiter : found->second.asked) {
      if (!told(waiter)) return;
    }
  }
  /// What others have and runs wait for, with those, until `told` says false.
  template <typename Told>
  void each_parked(const Told& told) const {
    for (const auto& [thing, lanes] : parked_) {
      for (const auto& [lane, waiters] : lanes) {
        for (const Waiter& waiter : waiters) {
          if (!told(thing, waiter.run)) return;
        }
      }
    }
  }
  /// Who is next behind `last`, or first of all; of the lanes that are not `closed`.
  [[nodiscard]] std::optional<Waiter> next(const std::optional<Waiter>& last,
                                           const std::set<std::string>& closed) const;
  /// Where it waits; nullptr: it does not.
  [[nodiscard]] const std::string* lane_of(std::uint64_t run) const {
    const auto place = places_.find(run);
    return place == places_.end() ? nullptr : place->second.waiter.lane;
  }
  /// What it is parked for; nullptr: it is not.
  [[nodiscard]] const Contested* parked_for(std::uint64_t run) const {
    const auto place = places_.find(run);
    return place == places_.end() || !place->second.parked ? nullptr : &*place->second.thing;
  }

  void add(Level severity, std::uint64_t run, const std::string& lane, const std::string& source);
  void remove(std::uint64_t run);
  /// It is not asked again before `thing` is free. False: it does not wait here.
  bool park(std::uint64_t run, const Contested& thing);
  void free(const Contested& thing);
  /// Whatever they are parked for: something else may have changed for them.
  void free_all();
  /// Whether somebody has come back since the last call.
  [[nodiscard]] bool take_freed() { return std::exchange(freed_, false); }

  /// Of which sources no more should be taken in, when `most` wait: those with a part of it that is not small. Others
  /// are not kept waiting by their flood.
  [[nodiscard]] std::set<std::string> crowding(std::size_t most) const;

 private:
  static constexpr std::size_t small_part = 16;
  struct Lane {
    std::set<Waiter> asked;
    std::size_t parked{0};
  };
  struct Place {
    Waiter waiter;
    std::optional<Contested> thing{};  ///< parked for it, or back from there for all of its lane behind it
    bool parked{false};
  };
  using Parked = std::map<const std::string*, std::set<Waiter>>;  ///< by lane

  void bring_back(const Contested& thing, const std::string* lane);
  void unpark(Place& place);
  void leave_lane(const Waiter& waiter);

  std::map<std::string, Lane> lanes_;
  std::map<Contested, Parked> parked_;
  std::map<std::uint64_t, Place> places_;  ///< by run
  std::map<std::string, std::size_t> by_source_;
  bool freed_{false};
};

}  // namespace aright::engine
