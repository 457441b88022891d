#include "daemon/outcomes.h"

#include <fmt/format.h>

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
      if (mode == Mode::auto_) return {};
      return fmt::format("workflow {} is in mode {} and does not act by itself", workflow.name, name(mode));
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

Result<std::map<std::string, std::string>> outcomes(const engine::Core& core, History& history,
                                                    std::uint64_t newest_run) {
  std::map<std::string, std::string> notes;
  for (const auto& [id, finding] : core.projection().findings()) {
    notes[finding.control + " " + finding.subject] = why_not(core, finding);
  }
  auto page = history.page({.table = "run", .only_open = false, .limit = page_rows_max, .before = {}});
  if (!page) return std::unexpected(page.error());
  for (const Row& row : page->rows) {
    auto run = stored_run(row);
    if (!run) return std::unexpected(run.error());
    if (run->id > newest_run || row.open) notes[run->control + " " + run->subject] = told(*run);
  }
  return notes;
}

}  // namespace aright::daemon
