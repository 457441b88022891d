#include "engine/window_lanes.h"

#include <algorithm>

namespace aright::engine {

namespace {

/// Where reading of it began: it has begun after the windows were put aside last.
std::optional<Lane> its_beginning(const Lane& lane) {
  if (lane.first_at.is_null()) return std::nullopt;
  Lane first = lane;
  first.next = lane.first;
  first.at = lane.first_at;
  return first;
}

}  // namespace

void WindowLanes::note(const EventsRead& read) { note_lanes(lanes_[read.source], read); }

void WindowLanes::heard(const std::string& source, bool behind, Nanos boot) {
  if (behind) {
    behind_[source] = boot;
  } else {
    behind_.erase(source);
  }
}

bool WindowLanes::catching_up(Nanos boot) {
  std::erase_if(behind_, [&](const auto& item) { return boot - item.second >= patience; });
  return !behind_.empty();
}

std::optional<Lane> WindowLanes::before(const std::string& source, const Lane& done) const {
  if (lost_) return std::nullopt;
  const auto aside = lanes_.find(source);
  if (aside == lanes_.end()) return its_beginning(done);
  const auto same = std::ranges::find_if(
      aside->second, [&](const Lane& lane) { return lane.part == done.part && lane.begin == done.begin; });
  if (same == aside->second.end()) return its_beginning(done);
  return same->next < done.next ? std::optional(*same) : std::nullopt;
}

}  // namespace aright::engine
