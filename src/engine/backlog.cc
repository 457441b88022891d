#include "engine/backlog.h"

#include <vector>

namespace aright::engine {

std::optional<Backlog::Waiter> Backlog::next(const std::optional<Waiter>& last,
                                             const std::set<std::string>& closed) const {
  std::optional<Waiter> best;
  for (const auto& [key, lane] : lanes_) {
    if (lane.asked.empty() || closed.contains(key)) continue;
    const auto at = last ? lane.asked.upper_bound(*last) : lane.asked.begin();
    if (at != lane.asked.end() && (!best || *at < *best)) best = *at;
  }
  return best;
}

void Backlog::add(Level severity, std::uint64_t run, const std::string& lane, const std::string& source) {
  if (places_.contains(run)) return;
  const auto of = by_source_.try_emplace(source, 0).first;
  const auto in = lanes_.try_emplace(lane).first;
  const Waiter waiter{severity, run, &in->first, &of->first};
  ++of->second;
  in->second.asked.insert(waiter);
  places_.emplace(run, Place{waiter});
}

void Backlog::remove(std::uint64_t run) {
  const auto found = places_.find(run);
  if (found == places_.end()) return;
  Place place = std::move(found->second);
  places_.erase(found);
  if (place.parked) {
    unpark(place);
  } else if (place.thing) {
    bring_back(*place.thing, place.waiter.lane);
  }
  leave_lane(place.waiter);
  const auto of = by_source_.find(*place.waiter.source);
  if (--of->second == 0) by_source_.erase(of);
}

bool Backlog::park(std::uint64_t run, const Contested& thing) {
  const auto found = places_.find(run);
  if (found == places_.end()) return false;
  Place& place = found->second;
  if (place.parked) return true;
  if (place.thing && *place.thing != thing) bring_back(*place.thing, place.waiter.lane);
  Lane& lane = lanes_.at(*place.waiter.lane);
  lane.asked.erase(place.waiter);
  ++lane.parked;
  parked_[thing][place.waiter.lane].insert(place.waiter);
  place.thing = thing;
  place.parked = true;
  return true;
}

void Backlog::free(const Contested& thing) {
  const auto found = parked_.find(thing);
  if (found == parked_.end()) return;
  freed_ = true;
  std::vector<const std::string*> lanes;
  for (const auto& [lane, waiters] : found->second) lanes.push_back(lane);
  for (const std::string* lane : lanes) bring_back(thing, lane);
}

void Backlog::free_all() {
  for (auto& [run, place] : places_) {
    if (place.parked) unpark(place);
    place.thing.reset();
  }
  freed_ = true;
}

/// The first of the lane that is parked for it.
void Backlog::bring_back(const Contested& thing, const std::string* lane) {
  const auto parked = parked_.find(thing);
  if (parked == parked_.end()) return;
  const auto of_lane = parked->second.find(lane);
  if (of_lane != parked->second.end()) unpark(places_.at(of_lane->second.begin()->run));
}

/// Into its lane. `place.thing` stays: those behind it follow when it leaves.
void Backlog::unpark(Place& place) {
  const auto parked = parked_.find(*place.thing);
  const auto of_lane = parked->second.find(place.waiter.lane);
  of_lane->second.erase(place.waiter);
  if (of_lane->second.empty()) parked->second.erase(of_lane);
  if (parked->second.empty()) parked_.erase(parked);
  Lane& lane = lanes_.at(*place.waiter.lane);
  lane.asked.insert(place.waiter);
  --lane.parked;
  place.parked = false;
}

void Backlog::leave_lane(const Waiter& waiter) {
  const auto lane = lanes_.find(*waiter.lane);
  lane->second.asked.erase(waiter);
  if (lane->second.asked.empty() && lane->second.parked == 0) lanes_.erase(lane);
}

std::set<std::string> Backlog::crowding(std::size_t most) const {
  std::set<std::string> sources;
  if (size() < most) return sources;
  for (const auto& [source, runs] : by_source_) {
    if (runs * small_part >= most) sources.insert(source);
  }
  return sources;
}

}  // namespace aright::engine
