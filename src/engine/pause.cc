#include "engine/pause.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace aright::engine {

namespace {

constexpr std::size_t reason_shown = 200;  ///< bytes of it in the reason of a run; the whole stands in `status`

}  // namespace

std::string PauseScope::text() const {
  switch (of_) {
    case Of::everything: break;
    case Of::workflow: return "workflow " + name_;
    case Of::driver: return "driver " + name_;
  }
  return "everything";
}

std::string Paused::text() const {
  return fmt::format("pause {} of {} by {}: {}", id, scope.text(), by, clip_text(reason, reason_shown));
}

std::string why_paused(const std::vector<Paused>& pauses, std::string_view workflow, std::string_view driver) {
  const auto in_the_way = [&](const Paused& pause) { return pause.scope.covers(workflow, driver); };
  const auto first = std::ranges::find_if(pauses, in_the_way);
  if (first == pauses.end()) return {};
  const auto more = std::ranges::count_if(pauses, in_the_way) - 1;
  const bool all = first->scope.of() == PauseScope::Of::everything;
  return fmt::format("{}paused (pause {} by {}: {}{})", all ? std::string() : first->scope.text() + " is ", first->id,
                     first->by, clip_text(first->reason, reason_shown),
                     more == 0 ? std::string() : fmt::format("; and {} more", more));
}

}  // namespace aright::engine
