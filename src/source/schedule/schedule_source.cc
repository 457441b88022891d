#include "source/schedule/schedule_source.h"

#include <algorithm>

namespace aright::source {

ScheduleSource::ScheduleSource(const std::vector<Item>& items, Clock::time_point now) {
  for (const Item& item : items) planned_.push_back({item, now + item.every});
}

void ScheduleSource::adopt(const std::vector<Item>& items, Clock::time_point now) {
  std::vector<Planned> planned;
  planned.reserve(items.size());
  for (const Item& item : items) {
    const auto same = std::ranges::find_if(
        planned_, [&](const Planned& p) { return p.item.control == item.control && p.item.every == item.every; });
    planned.push_back({item, same == planned_.end() ? now + item.every : same->next});
  }
  planned_ = std::move(planned);
}

std::vector<Hint> ScheduleSource::due(Clock::time_point now) {
  std::vector<Hint> hints;
  for (Planned& planned : planned_) {
    if (planned.next > now) continue;
    hints.push_back({Hint::What::scan, ++offset_, {}, planned.item.control, {}});
    planned.next = now + planned.item.every;
  }
  return hints;
}

std::optional<ScheduleSource::Clock::time_point> ScheduleSource::deadline() const {
  if (planned_.empty()) return std::nullopt;
  return std::ranges::min_element(planned_, {}, &Planned::next)->next;
}

}  // namespace aright::source
