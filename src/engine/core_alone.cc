// What root decides alone, by break-glass, is told to those whose decision it was (docs/decisions/0180).
#include <fmt/format.h>

#include <set>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

std::string said_reason(const Command& command) {
  return std::visit(
      [](const auto& asked) -> std::string {
        if constexpr (requires { asked.reason; }) return asked.reason;
        return {};
      },
      command);
}

/// What is asked, as a sentence about who asks: of what a team is asked about.
struct Wish {
  std::string operator()(const UndoRun& asked) const { return fmt::format("asks to undo run {}", asked.run); }
  std::string operator()(const RetryRun& asked) const { return fmt::format("tries run {} once more", asked.run); }
  std::string operator()(const Deny& asked) const {
    return fmt::format("denies review {} with a waiver for {}", asked.review,
                       format_duration(asked.waive.value_or(Nanos{})));
  }
  std::string operator()(const Waive& asked) const {
    return fmt::format("waives {} on {}", asked.control, asked.subject);
  }
  std::string operator()(const Unwaive& asked) const { return fmt::format("ends waiver {}", asked.waiver); }
  std::string operator()(const Erase& asked) const { return fmt::format("erases what is kept of {}", asked.subject); }
  std::string operator()(const Reviewed& asked) const {
    return fmt::format("says that {} {} is as it should be", asked.definition, asked.name);
  }
  template <typename Kind>
  std::string operator()(const Kind& /*asked*/) const {
    return "decides";
  }
};

}  // namespace

Alone Reviewing::about(const Review& review, std::string_view does, const std::string& reason) const {
  Alone decided{.what = fmt::format("{} review {}", does, review.id), .reason = reason};
  decided.run = review.run;
  decided.review = review.id;
  const Run* r = core_.run(review.run);
  if (r != nullptr) decided.what += fmt::format(" ({} on {})", r->workflow, r->subject);
  const Question question = question_of(r, &review);
  if (!question.team.empty()) decided.teams.push_back(question.team);
  decided.teams.insert(decided.teams.end(), question.also.begin(), question.also.end());
  return decided;
}

void Reviewing::tell_alone(const Command& asked, const Identity& who, std::uint64_t run) {
  tell_alone({.what = std::visit(Wish{}, asked), .reason = said_reason(asked), .teams = who.passed_over, .run = run},
             who.user);
}

/// A team's ladder is climbed at once: all of its rungs hear of it.
void Reviewing::tell_alone(const Alone& decided, const std::string& by) {
  core_.tell(true, fmt::format("{} {} alone, by break-glass: {}", by, decided.what, decided.reason));
  std::set<std::string> to(core_.config_.notify.defaults.begin(), core_.config_.notify.defaults.end());
  const std::set<std::string> teams(decided.teams.begin(), decided.teams.end());  // each once
  for (const std::string& name : teams) {
    const Team* team = team_of(core_.config_.teams, name);
    if (team == nullptr) continue;
    to.insert(team->notifiers.begin(), team->notifiers.end());
    for (const Rung& rung : team->ladder) {
      for (std::string& notifier : told_by(rung)) to.insert(std::move(notifier));
    }
  }
  NewNotification what{.notice = "break-glass", .severity = Level::high, .run = decided.run, .review = decided.review};
  what.title = fmt::format("{} {} alone, by break-glass", by, decided.what);
  what.text = fmt::format("{}\nit passed over those who decide it; all of it is in the audit log", decided.reason);
  if (decided.run != 0) what.text += fmt::format("\nlook at it: aright runs show {}", decided.run);
  what.data = {{"by", by}, {"teams", teams}};
  core_.notices_.notify({to.begin(), to.end()}, what);
}

}  // namespace aright::engine
