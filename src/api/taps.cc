#include "api/taps.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace aright::api {

void Taps::offer(const EventsRead& read, Clock::time_point now) {
  if (read.events.empty()) return;
  const std::scoped_lock lock(mutex_);
  Tap& tap = taps_[read.source];
  tap.end += read.events.size();
  if (!tap.asked || now - *tap.asked > kept_for) {
    tap.kept.clear();
    tap.bytes = 0;
    return;
  }
  const std::uint64_t each = read.bytes / read.events.size();
  const std::size_t skipped = read.events.size() - std::min(read.events.size(), events_max);
  for (std::size_t i = skipped; i < read.events.size(); ++i) {
    const Event& event = read.events[i];
    tap.kept.push_back(
        {std::make_shared<const Json>(Json{
             {"source", event.source}, {"offset", event.offset}, {"time", rfc3339(event.time)}, {"data", event.data}}),
         each});
    tap.bytes += each;
  }
  while (tap.kept.size() > events_max || (tap.bytes > bytes_max && tap.kept.size() > 1)) {
    tap.bytes -= tap.kept.front().bytes;
    tap.kept.pop_front();
  }
}

Json Taps::next(const std::string& source, std::optional<std::uint64_t> after, Clock::time_point now) {
  std::vector<std::shared_ptr<const Json>> events;
  std::uint64_t lost = 0;
  std::uint64_t next = 0;
  {
    const std::scoped_lock lock(mutex_);
    Tap& tap = taps_[source];
    tap.asked = now;
    const std::uint64_t begin = tap.end - tap.kept.size();
    const std::uint64_t from = std::min(after.value_or(tap.end), tap.end);
    lost = begin - std::min(begin, from);
    next = std::max(begin, from);
    while (next < tap.end && events.size() < answer_max) events.push_back(tap.kept[next++ - begin].event);
  }
  Json list = Json::array();
  for (const auto& event : events) list.push_back(*event);
  return {{"source", source}, {"next", next}, {"lost", lost}, {"events", std::move(list)}};
}

}  // namespace aright::api
