#include "source/webhook/release_rule.h"

#include <utility>

namespace aright::source {

std::optional<std::uint64_t> ReleaseRule::before(const Seen& now) {
  if (!now.windows) {
    mark_.reset();
    return now.done;
  }
  // One snapshot may have been under way when the mark was set: the second that is counted was certainly begun later.
  if (mark_ && now.snapshots < mark_->snapshots + 2) return std::nullopt;
  const auto passed = std::exchange(mark_, Mark{now.done, now.snapshots});
  return passed ? std::optional(passed->done) : std::nullopt;
}

}  // namespace aright::source
