#include "engine/open_run_text.h"

#include <fmt/format.h>

namespace aright::engine {

namespace {

/// Of one in a step `wait`: what comes after it, as far as it is planned.
std::string what_follows(const Run& r) {
  for (std::size_t i = r.wait->step + 1; i < r.steps.size(); ++i) {
    const RunStep& step = r.steps[i];
    if (step.is_over()) continue;
    const std::string of = step.steers() ? std::string() : fmt::format(" ({})", step.resource.text());
    return fmt::format(", then goes on with step {} of {}{}", i + 1, r.steps.size(), of);
  }
  return r.wait->step + 1 < r.steps.size() ? ", then goes on" : ", then ends";
}

std::string with_reason(const char* words, const std::string& reason) {
  return reason.empty() ? words : fmt::format("{}: {}", words, reason);
}

}  // namespace

std::string ending_text(const std::string& cancel_asked) {
  return cancel_asked + "; it ends as soon as what is under way is known, and begins nothing more";
}

std::string open_run_text(const Run& r, const std::string& waits) {
  if (r.wait && r.state == RunState::waiting) {
    return r.reason + what_follows(r) + (waits == r.reason || waits.empty() ? std::string() : "; now it " + waits);
  }
  const bool may_wait = r.state == RunState::pending || r.state == RunState::running || r.state == RunState::waiting;
  if (waits.starts_with("waits") && may_wait) return waits;
  const bool ends = !r.cancel_asked.empty() && r.state == RunState::running;
  if (ends) return with_reason("is at work", ending_text(r.cancel_asked));
  switch (r.state) {
    case RunState::pending: return with_reason("has not begun yet", waits);
    case RunState::planning: return with_reason("is being planned", waits);
    case RunState::running: return with_reason("is at work", waits);
    case RunState::rolling_back: return with_reason("takes back what it made", waits);
    default: return with_reason(fmt::format("is {}", name(r.state)).c_str(), waits);
  }
}

}  // namespace aright::engine
