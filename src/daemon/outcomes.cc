#include "daemon/outcomes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>

namespace aright::daemon {

namespace {

/// It was held since its workflow could do no more than propose, and could act by now.
bool only_waits_for_a_yes(const engine::Core& core, const Run& run) {
  const auto review = core.projection().reviews().find(run.review);
  const auto w = std::ranges::find(core.config().workflows, run.workflow, &Workflow::name);
  return run.state == RunState::held && review != core.projection().reviews().end() && review->second.guard == "mode" &&
         w != core.config().workflows.end() && core.mode_of(*w) == Mode::auto_;
}

std::string told(const engine::Core& core, const Run& run) {
  std::string text = fmt::format("run {} {}", run.id, name(run.state));
  if (only_waits_for_a_yes(core, run)) {
    text +=
        fmt::format(": workflow {} could not act by itself when it was asked about, and could now; a yes lets it go on",
                    run.workflow);
  } else if (!run.reason.empty()) {
    text += ": " + run.reason;
  }
  if (run.review != 0) text += fmt::format(" (review {}: start `aright serve`, then approve or deny)", run.review);
  return text;
}

/// In the words of `explain`.
std::string why_not(const engine::Core& core, const Finding& finding, const ReadState& read) {
  if (core.paused()) return "paused";
  const auto control = std::ranges::find(core.config().controls, finding.control, &Control::name);
  if (control == core.config().controls.end()) return "its control is no longer configured";
  const Json doc = core.explained(*control, finding.subject, read(subject_parts(finding.subject)));
  std::string all;
  for (const Json& sentence : doc.at("sentences")) all += (all.empty() ? "" : "; ") + sentence.get<std::string>();
  return all;
}

}  // namespace

Result<Run> stored_run(const Row& row) {
  auto doc = parse_own_json(row.doc);
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

Result<cli::FixOutcomes> outcomes(const engine::Core& core, History& history, std::uint64_t newest_run,
                                  const ReadState& read) {
  cli::FixOutcomes all;
  for (const auto& [id, finding] : core.projection().findings()) {
    if (!resource_of(finding.subject)) continue;  // of an event: nothing of it is looked at
    all[finding.control + " " + finding.subject].note = why_not(core, finding, read);
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
    outcome.note = first ? told(core, *run) : outcome.note + "; " + told(core, *run);
    outcome.succeeded = outcome.succeeded || run->state == RunState::succeeded;
  }
  return all;
}

}  // namespace aright::daemon
