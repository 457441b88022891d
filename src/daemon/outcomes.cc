#include "daemon/outcomes.h"

#include <fmt/format.h>

#include <ranges>
#include <set>

namespace aright::daemon {

namespace {

std::string told(const Run& run) {
  std::string text = fmt::format("run {} {}", run.id, name(run.state));
  if (!run.reason.empty()) text += ": " + run.reason;
  if (run.review != 0) text += fmt::format(" (review {}: start `aright serve`, then approve or deny)", run.review);
  return text;
}

/// Empty when a workflow may act.
std::string why_not(const engine::Core& core, const Finding& finding) {
  if (core.paused()) return "paused";
  for (const Control& control : core.config().controls) {
    if (control.name != finding.control) continue;
    for (const Workflow& workflow : core.config().workflows) {
      if (!workflow.answers_to(control)) continue;
      const Mode mode = core.mode_of(workflow);
      if (mode == Mode::auto_) return core.blocked(workflow, finding.subject);
      const std::string capped = core.capped(workflow);
      return fmt::format("workflow {} is in mode {} and does not act by itself{}{}", workflow.name, name(mode),
                         capped.empty() ? "" : ": ", capped);
    }
  }
  return "no workflow answers this control";
}

}  // namespace

Result<Run> stored_run(const Row& row) {
  auto doc = parse_json(row.doc);
  if (!doc) return std::unexpected(doc.error());
  return Run::from_json(*doc);
}

Result<std::uint64_t> newest_run(History& history) {
  auto newest = history.page({.table = "run", .only_open = false, .limit = 1, .before = {}});
  if (!newest) return std::unexpected(newest.error());
  if (newest->rows.empty()) return 0;
  auto run = stored_run(newest->rows.front());
  if (!run) return std::unexpected(run.error());
  return run->id;
}

Result<cli::FixOutcomes> outcomes(const engine::Core& core, History& history, std::uint64_t newest_run) {
  cli::FixOutcomes all;
  for (const auto& [id, finding] : core.projection().findings()) {
    all[finding.control + " " + finding.subject].note = why_not(core, finding);
  }
  auto page = history.page({.table = "run", .only_open = false, .limit = page_rows_max, .before = {}});
  if (!page) return std::unexpected(page.error());
  std::set<std::string> told_of;
  for (const Row& row : page->rows | std::views::reverse) {  // the newest come first; they are told in their order
    auto run = stored_run(row);
    if (!run) return std::unexpected(run.error());
    if (run->id <= newest_run && !row.open) continue;
    const std::string about = run->control + " " + run->subject;
    cli::FixOutcome& outcome = all[about];
    const bool first = told_of.insert(about).second;
    outcome.note = first ? told(*run) : outcome.note + "; " + told(*run);
    outcome.succeeded = outcome.succeeded || run->state == RunState::succeeded;
  }
  return all;
}

}  // namespace aright::daemon
