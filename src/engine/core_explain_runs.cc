// Open runs on a subject, as `explain` tells them first: those that wait for a person, and those that go on though the
// finding they answered is over.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/open_run_text.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

/// The sentence of its workflow has it: that answers an open finding on the same subject.
bool is_told_with_a_finding(const Core& core, const Run& r) {
  const auto w = std::ranges::find(core.config().workflows, r.workflow, &Workflow::name);
  if (w == core.config().workflows.end()) return false;
  return std::ranges::any_of(core.projection().open_findings(r.subject), [&](const Finding* finding) {
    const auto control = std::ranges::find(core.config().controls, finding->control, &Control::name);
    if (control == core.config().controls.end()) return false;
    return control->on_events() ? w->answers_to(*control, *finding) : w->answers_to(*control);
  });
}

}  // namespace

/// Runs that wait for a person, whatever their subject reads as now: they come first. Then those that nobody would know
/// of otherwise: their finding is over, and steps of theirs are left.
std::vector<std::string> Core::what_waits(const std::string& subject) const {
  std::vector<std::string> sentences;
  std::vector<std::string> going_on;
  for (const auto& [id, r] : projection_.runs()) {
    if (r.subject != subject) continue;
    const std::string who = fmt::format("{}: {}: run {}", r.control, r.workflow, id);
    if (r.state != RunState::held && r.state != RunState::unknown) {
      if (is_told_with_a_finding(*this, r)) continue;
      const bool over = !r.undo && !projection_.findings().contains(r.finding);
      going_on.push_back(fmt::format("{} {}{}", who, open_run_text(r, waits_for(r)),
                                     over ? "; the finding it answers is over, and it goes on" : ""));
      continue;
    }
    const auto review = projection_.reviews().find(r.review);
    std::string until;
    if (review != projection_.reviews().end() && r.state == RunState::held) {
      until = " until " + rfc3339(review->second.expires_at);
    }
    sentences.push_back(
        fmt::format("{} is {}: {}; {}", who, name(r.state), r.reason, Reviewing::told(*this, r, until)));
  }
  sentences.insert(sentences.end(), going_on.begin(), going_on.end());
  return sentences;
}

}  // namespace aright::engine
