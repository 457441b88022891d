#include "engine/key_figures.h"

#include <algorithm>
#include <chrono>

namespace aright::engine {

void KeyFigures::opened(const std::string& control, bool again) {
  const std::scoped_lock lock(mutex_);
  ++figures_.opened[control];
  if (again) ++figures_.recurred[control];
}

void KeyFigures::ended(const Run& run, RunState to, WallTime now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - run.created_at).count());
  const std::scoped_lock lock(mutex_);
  WorkflowFigures& of = figures_.workflows[run.workflow];
  ++of.outcomes[std::string(name(to))];
  if (to != RunState::succeeded || run.decided_by != "guards") return;
  ++of.alone;
  of.seconds += seconds;
  const auto bucket = std::ranges::lower_bound(fix_seconds, seconds) - fix_seconds.begin();
  ++of.fixes_within.at(static_cast<std::size_t>(bucket));
}

void KeyFigures::reviewed(const std::string& decision) {
  const std::scoped_lock lock(mutex_);
  ++figures_.reviews[decision];
}

void KeyFigures::intervened(std::string_view kind) {
  const std::scoped_lock lock(mutex_);
  ++figures_.interventions[std::string(kind)];
}

KeyFiguresView KeyFigures::view() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

}  // namespace aright::engine
