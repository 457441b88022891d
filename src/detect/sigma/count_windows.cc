#include "detect/sigma/count_windows.h"

#include <algorithm>

namespace aright::detect::sigma {

namespace {

/// At least so many events of a group are kept, however few the correlation needs.
constexpr std::size_t group_events_least = 1000;

/// `at` less `span`, and the earliest time where there is none so early: event times come from outside.
WallTime before(WallTime at, Nanos span) { return at < WallTime::min() + span ? WallTime::min() : at - span; }

}  // namespace

CountWindows::CountWindows(const Correlation& correlation, const WindowLimits& limits)
    : definition_(correlation.hash()),
      timespan_(correlation.timespan),
      range_(correlation.count),
      limits_(limits),
      // Twice what decides: room for events that come late into an earlier window.
      group_events_max_(std::max<std::size_t>(group_events_least, 2 * (range_.most.value_or(range_.least) + 1))) {}

WallTime CountWindows::horizon(WallTime newest) const { return before(newest, timespan_ + limits_.lateness); }

std::uint64_t CountWindows::count_until(const Window& window, WallTime end) const {
  const auto first = std::ranges::upper_bound(window.events, before(end, timespan_), {}, &Occurrence::at);
  const auto last = std::ranges::upper_bound(window.events, end, {}, &Occurrence::at);
  return static_cast<std::uint64_t>(last - first);
}

/// Looks at every window that holds an event at `at` and ends with an event: only those have changed.
CountWindows::Outcome CountWindows::judge(Window& window, WallTime at) const {
  bool enough = false;
  // Events of one time end the same window; a burst of them is looked at once.
  const auto after = [&](WallTime time) { return std::ranges::upper_bound(window.events, time, {}, &Occurrence::at); };
  auto end = std::ranges::lower_bound(window.events, at, {}, &Occurrence::at);
  for (; end != window.events.end() && before(end->at, timespan_) < at; end = after(end->at)) {
    const std::uint64_t count = count_until(window, end->at);
    if (count < range_.least || (range_.most && count > *range_.most)) continue;
    if (range_.most && before(end->at, timespan_) < window.whole_after) continue;  // there may have been more
    enough = true;
    if (window.fired && before(end->at, timespan_) < *window.fired) continue;
    window.fired = end->at;
    return Outcome::fired;
  }
  return enough ? Outcome::silent : Outcome::counted;
}

void CountWindows::each_group(const std::function<void(const Group&, std::uint64_t, WallTime)>& take) const {
  for (const auto& [group, window] : groups_) {
    if (!window.events.empty()) take(group, count_until(window, window.newest()), window.newest());
  }
}

std::optional<WallTime> CountWindows::time_of(const Group& group, const std::string& source,
                                              std::uint64_t offset) const {
  const auto window = groups_.find(group);
  if (window == groups_.end()) return std::nullopt;
  const auto event = std::ranges::find_if(
      window->second.events, [&](const Occurrence& one) { return one.offset == offset && one.source == source; });
  return event == window->second.events.end() ? std::nullopt : std::optional(event->at);
}

std::uint64_t CountWindows::count_until(const Group& group, WallTime end) const {
  const auto window = groups_.find(group);
  return window == groups_.end() ? 0 : count_until(window->second, end);
}

std::optional<std::uint64_t> CountWindows::count_at(const Group& group, const std::string& source,
                                                    std::uint64_t offset) const {
  const auto at = time_of(group, source, offset);
  return at ? std::optional(count_until(group, *at)) : std::nullopt;
}

void CountWindows::trim(const Group& group, Window& window) {
  if (holding_) {
    held_.insert(group);
  } else {
    const WallTime horizon = this->horizon(window.newest());
    window.whole_after = std::max(window.whole_after, horizon);
    while (!window.events.empty() && window.events.front().at <= horizon) {
      window.events.pop_front();
      --events_;
    }
  }
  while (window.events.size() > group_events_max_) {
    window.whole_after = std::max(window.whole_after, window.events.front().at);
    window.events.pop_front();
    --events_;
    ++counters_.evicted_events;
  }
}

void CountWindows::erase(const Group& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  by_age_.erase({found->second.newest(), group});
  events_ -= found->second.events.size();
  groups_.erase(found);
}

void CountWindows::insert(const Group& group, Window window) {
  erase(group);
  newest_ = std::max(newest_, window.newest());
  by_age_.emplace(window.newest(), group);
  events_ += window.events.size();
  groups_.emplace(group, std::move(window));
}

void CountWindows::make_room(const Group& kept) {
  while (groups_.size() > limits_.groups_max || events_ > limits_.events_max) {
    auto oldest = by_age_.begin();
    if (oldest->second == kept) ++oldest;
    if (oldest == by_age_.end()) return;
    const Group group = oldest->second;
    const bool live = oldest->first > horizon(newest_);
    if (live) {
      ++counters_.evicted_groups;
      counters_.evicted_events += groups_.at(group).events.size();
    }
    erase(group);
    changed_.insert(group);
  }
}

void CountWindows::settle() {
  holding_ = false;
  for (const Group& group : std::exchange(held_, {})) {
    const auto found = groups_.find(group);
    if (found == groups_.end()) continue;
    const std::size_t events = found->second.events.size();
    trim(group, found->second);
    if (found->second.events.size() != events) changed_.insert(group);
  }
}

std::optional<WallTime> CountWindows::completed(const Group& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? std::nullopt : found->second.fired;
}

std::optional<WallTime> CountWindows::silenced_by(const Group& group, WallTime at) const {
  const auto fired = completed(group);
  return fired && *fired <= at && before(at, timespan_) < *fired ? fired : std::nullopt;
}

void CountWindows::note_completed(const Group& group, WallTime until) {
  const auto found = groups_.find(group);
  Window window = found == groups_.end() ? Window{} : found->second;
  window.fired = std::max(window.fired.value_or(until), until);
  insert(group, std::move(window));
  changed_.insert(group);
  make_room(group);
}

CountWindows::Outcome CountWindows::add(const Group& group, const Occurrence& event) {
  Window& window = groups_[group];
  const WallTime newest = window.newest();
  if (event.at < window.whole_after) {
    ++counters_.late;
    return Outcome::late;
  }
  const auto place = std::ranges::lower_bound(window.events, event);
  if (place != window.events.end() && *place == event) {
    ++counters_.repeated;
    return Outcome::repeated;
  }
  by_age_.erase({newest, group});
  window.events.insert(place, event);
  ++events_;
  trim(group, window);
  by_age_.emplace(window.newest(), group);
  newest_ = std::max(newest_, window.newest());
  changed_.insert(group);
  const Outcome outcome = judge(window, event.at);
  make_room(group);
  return outcome;
}

}  // namespace aright::detect::sigma
