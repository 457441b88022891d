// Runs that wait for no person: for a resource that another has, for a turn among the errands, for fewer to be at
// work.
#include <fmt/format.h>

#include <utility>

#include "engine/core.h"

namespace aright::engine {

namespace {

/// Runs between plan and end. Each holds what it read and what it wants; a flood of findings must not hold all of that
/// at once, and the hands are only eight. The others wait as pending.
constexpr std::size_t runs_at_once = 128;
constexpr std::size_t waits_shown_max = 200;  ///< told anew with every commit

}  // namespace

bool Core::at_work_are_many() const { return locks_.size() >= runs_at_once; }

/// False: another run has something that it needs.
bool Core::takes_locks(const Run& r) {
  const auto wanted = locks_of(r);
  for (const ResourceId& id : wanted) {
    const std::uint64_t has_it = resource(id).locked_by;
    if (has_it == 0) continue;
    waits_[r.id] = {has_it, id};
    return false;
  }
  lock(r.id, wanted);
  return true;
}

Waits Core::waits() const {
  Waits all;
  for (const auto& [id, waits] : waits_) {
    if (all.runs.size() == waits_shown_max) break;
    all.runs[id] = fmt::format("waits for run {}, which has {}", waits.first, waits.second.text());
  }
  for (const std::uint64_t id : turns_.waiting()) {
    all.runs[id] = fmt::format("waits for a turn: {} programs and calls run at once", turns_.limit());
  }
  if (!blocked().empty()) {
    all.pending = "waits: " + blocked();
  } else if (at_work_are_many()) {
    all.pending = fmt::format("waits for a turn: {} runs are at work", locks_.size());
  }
  return all;
}

/// False: it is started when others have ended.
bool Core::take_turn(const Run& r, const NextErrand& next) {
  Active& active = active_.at(r.id);
  if (turns_.take(r.id)) {
    active.next.reset();
    return true;
  }
  if (!active.next) active.next = next;
  return false;
}

/// Whoever waits is asked again whether it may: minutes may have passed.
void Core::next_turns() {
  if (draining_) return;
  while (const auto id = turns_.next()) {
    const Run* r = run(*id);
    const auto active = active_.find(*id);
    const bool goes_on = r != nullptr && (r->state == RunState::running || !r->closing.empty());
    if (!goes_on || active == active_.end()) continue;
    const auto next = std::exchange(active->second.next, std::nullopt);
    if (!next) continue;
    next->looks ? look(*r, next->step, next->recovering) : advance(*id);
  }
}

}  // namespace aright::engine
