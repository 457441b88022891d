// What the checker asks of notifications: each ends as sent, dead or dropped, or still waits; none is lost.
#include <fmt/format.h>

#include <utility>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

void Checker::notified(const std::string& kind, const Json& e) {
  if (kind == "notification.folded") {
    ++folded_;
    return;
  }
  const std::uint64_t id = number(e, "notification");
  if (kind == "notification.queued") {
    if (!notices_.emplace(id, "queued").second) violation("queues a notification twice");
    if (e.contains("folds") && number(e, "folds") != std::exchange(folded_, 0))
      violation("a summary does not count what was told as one");
    last_notice_ = world_.time;
    return;
  }
  const auto found = notices_.find(id);
  if (found == notices_.end()) violation("tells of a notification that was never queued");
  std::string& state = found->second;
  if (kind == "notification.erased") return;  // whether it waits or is dead
  const bool from_dead = kind == "notification.retried" || kind == "notification.dropped";
  if (state != (from_dead ? "dead" : "queued")) violation(kind + " of a notification that is " + state);
  if (kind == "notification.sent" && !world_.delivered.contains(id)) violation("calls sent what nobody got");
  if (kind == "notification.retried") state = "queued";
  for (const char* end : {"sent", "dead", "dropped"}) {
    if (kind == std::string("notification.") + end) state = end;
  }
}

/// `replay_` has what the rows have: it is held against them after each step.
void Checker::all_told() const {
  const auto& book = replay_.notifications();
  const bool recent = world_.time - last_notice_ < std::chrono::minutes{10};
  for (const auto& [id, state] : notices_) {
    const bool waits = state == "queued";
    if ((waits || state == "dead") != book.all().contains(id)) violation(fmt::format("notification {} is lost", id));
    if (waits && !world_.deaf && !recent) violation(fmt::format("notification {} still waits", id));
  }
  if (folded_ != 0 && !world_.deaf && !recent) violation("what was told as one is not told");
}

}  // namespace aright::sim
