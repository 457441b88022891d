// What `explain` shows of the guards: each with the numbers it sees now.
#include <algorithm>

#include "engine/guarding.h"

namespace aright::engine {

namespace {

std::string time_left(Nanos span) {
  return format_duration(std::chrono::ceil<std::chrono::seconds>(std::max(span, Nanos{std::chrono::seconds{1}})));
}

std::string reason_of(const guard::Verdict& verdict) {
  if (const auto* hold = std::get_if<guard::Hold>(&verdict)) return hold->reason;
  if (const auto* wait = std::get_if<guard::Suppress>(&verdict)) return wait->reason;
  return {};
}

}  // namespace

/// Each has `says`: a sentence with the numbers.
Json Guarding::seen(const Candidate& c, const Now& now) const {
  Json list = Json::array();
  const Keys keys = keys_of(c);
  const guard::Question asked = question(c, keys, now);
  for (const guard::Count& count : guard::count(asked)) {
    list.push_back({{"guard", "threshold"},
                    {"per", count.limit.per_text()},
                    {"within", format_duration(count.limit.within)},
                    {"allowed", count.limit.runs},
                    {"admitted", count.admitted},
                    {"shadow", c.mode <= Mode::plan},
                    {"oldest_leaves_in", count.leaves ? Json(time_left(*count.leaves)) : Json()}});
    if (!count.key.empty()) list.back()["key"] = count.key;
  }
  if (const auto& limit = c.workflow.guards.cool_down) {
    const auto verdict = guard::cool_down(asked);
    const auto* cool = std::get_if<guard::Suppress>(&verdict);
    list.push_back({{"guard", "cool-down"},
                    {"per", name(limit->per)},
                    {"wait", format_duration(limit->wait)},
                    {"left", cool == nullptr ? Json() : Json(time_left(cool->again_after))}});
  }
  if (c.workflow.guards.window) {
    const auto verdict = window(c, now);
    const bool open = std::holds_alternative<guard::Admit>(verdict);
    list.push_back({{"guard", "window"}, {"open", open}, {"says", open ? "open" : reason_of(verdict)}});
  }
  return list;
}

}  // namespace aright::engine
