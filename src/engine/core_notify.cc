// Steps that tell somebody. Over when what is told is durable in his queue: whether he can be reached is no matter of
// the run (docs/decisions/0175).
#include <fmt/format.h>

#include "engine/core.h"
#include "workflow/errand_texts.h"

namespace aright::engine {

namespace {

/// A notifier, or a team with some.
std::vector<std::string> notifiers_of(const std::string& name, const Config& config) {
  const Team* team = config.notify.find(name) == nullptr ? team_of(config.teams, name) : nullptr;
  return team == nullptr ? std::vector{name} : team->notifiers;
}

}  // namespace

void Core::on(Notified& done) { notices_.ended(done); }

Result<Json> Core::carry_out(const RetryNotifications& command, const Identity& who) {
  return notices_.carry_out(command, who);
}

Result<Json> Core::carry_out(const TestNotifier& command, const Identity& /*who*/) {
  return notices_.carry_out(command);
}

void Core::notify_step(const Run& r, std::size_t step) {
  const std::uint64_t id = r.id;
  const Step::Notify& wanted = *workflow_of(r)->steps[step].notify();
  const auto context = errand_context(r, step, true);
  const workflow::ErrandTexts texts(context, "");
  // What says nothing of its own is as grave as what it is about: a flood must not keep the word of a critical one
  // back.
  const bool said = wanted.severity != Level::informational;
  NewNotification what{.notice = "step", .severity = said ? wanted.severity : r.severity};
  what.run = id;
  what.finding = r.finding;
  what.title = wanted.title.empty() ? fmt::format("{}: {}", r.workflow, r.subject) : texts.for_people(wanted.title);
  what.text = texts.for_people(wanted.text);
  what.data = {{"workflow", r.workflow}, {"subject", r.subject}, {"control", r.control}};
  std::string told;
  for (const std::uint64_t queued : notices_.notify(notifiers_of(wanted.to, config_), what)) {
    told += told.empty() ? "" : ", ";
    told += queued == 0 ? "folded with others" : fmt::format("notification {}", queued);
  }
  step_state(*run(id), step, StepState::passed, told);
  advance(id);
}

}  // namespace aright::engine
