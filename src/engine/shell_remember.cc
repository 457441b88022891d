// What recovery needs beside the projection, read back at the start.
#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/shell.h"
#include "model/content.h"

namespace aright::engine {

namespace {

Result<Done> remember_intakes(const std::vector<IntakeRow>& rows, Remembered& remembered) {
  for (const IntakeRow& row : rows) {
    auto doc = parse_own_json(row.doc);
    auto intake = doc ? Intake::from_json(*doc) : Result<Intake>(std::unexpected(doc.error()));
    if (!intake) {
      return fail(Errc::corrupt, fmt::format("table intake, row {}: {}", row.source, intake.error().message));
    }
    remembered.intakes.push_back(std::move(*intake));
  }
  return Done{};
}

/// A cache: whatever is wrong with it, the daemon goes on without.
void remember_snapshots(const Result<std::vector<Snapshots::Stored>>& stored, Remembered& remembered) {
  if (!stored) {
    remembered.snapshot_trouble = stored.error().message;
    return;
  }
  for (const Snapshots::Stored& one : *stored) {
    auto snapshot = WindowSnapshot::from_text(one.text);
    if (!snapshot) {
      remembered.snapshot_trouble = snapshot.error().message;
      return;
    }
    remembered.snapshots.push_back(std::move(*snapshot));
  }
}

}  // namespace

Result<Done> Shell::remember_plans(const Run& run, Remembered& remembered) {
  std::vector<Plan> plans;
  for (const RunStep& step : run.steps) {
    Plan plan;
    plan.names = step.names;
    plan.strength = step.strength;
    for (const bool is_before : {true, false}) {
      const Commitment& wanted = is_before ? step.before : step.after;
      if (!step.changes || step.state == StepState::skipped) continue;
      auto blob = parts_.store.blob(wanted.id);
      if (!blob) return std::unexpected(blob.error());
      if (!*blob) return Done{};  // erased: the run goes to review
      auto fields = parse_own_json((*blob)->bytes);
      if (!fields) return fail(Errc::corrupt, "blob " + wanted.id + ": " + fields.error().message);
      (is_before ? plan.before : plan.after) = State{std::move(*fields), (*blob)->sensitive};
    }
    plans.push_back(std::move(plan));
  }
  remembered.plans[run.id] = std::move(plans);
  return Done{};
}

/// Of programs and calls whose steps declare what they write.
Result<Done> Shell::remember_outputs(const Run& run, const Workflow& w, Remembered& remembered) {
  for (std::size_t i = 0; i < run.steps.size() && i < w.steps.size(); ++i) {
    if (!run.steps[i].ran || w.steps[i].output() == nullptr) continue;
    const std::string& id = output_of(*run.steps[i].ran).id;
    auto blob = parts_.store.blob(id);
    if (!blob) return std::unexpected(blob.error());
    if (!*blob) continue;  // erased: what names it cannot be told
    auto fields = parse_own_json((*blob)->bytes);
    auto written = fields ? content_bytes(fields->value("output", Json())) : std::unexpected(fields.error());
    if (!written) return fail(Errc::corrupt, "blob " + id + ": " + written.error().message);
    remembered.outputs[run.id][i] = std::move(*written);
  }
  return Done{};
}

Result<Remembered> Shell::remember(const Projection& projection, const Loaded& loaded,
                                   const Result<std::vector<Snapshots::Stored>>& snapshots) {
  Remembered remembered;
  if (auto ok = remember_evidence(projection, remembered); !ok) return std::unexpected(ok.error());
  if (auto ok = remember_intakes(loaded.intakes, remembered); !ok) return std::unexpected(ok.error());
  remember_snapshots(snapshots, remembered);
  std::set<std::string> looked_for;                 // thousands of runs have few definitions
  std::map<std::string, std::size_t> workflows_at;  // by version
  for (const auto& [id, run] : projection.runs()) {
    if (auto ok = remember_plans(run, remembered); !ok) return std::unexpected(ok.error());
    if (run.undo) {
      auto source = undo_source(run.undo->run);
      if (!source) return std::unexpected(source.error());
      remembered.undone[id] = std::move(*source);
    }
    for (const std::string& hash : {run.version, run.control_hash}) {
      if (!looked_for.insert(hash).second) continue;
      const std::size_t workflows = remembered.workflows.size();
      if (auto ok = remember_definition(hash, remembered); !ok) return std::unexpected(ok.error());
      if (remembered.workflows.size() > workflows) workflows_at[hash] = workflows;
    }
    const auto at = workflows_at.find(run.version);
    if (at == workflows_at.end()) continue;
    if (auto ok = remember_outputs(run, remembered.workflows[at->second], remembered); !ok)
      return std::unexpected(ok.error());
  }
  return remembered;
}

Result<Done> Shell::remember_definition(const std::string& hash, Remembered& remembered) {
  auto found = parts_.store.definition(hash);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Done{};
  auto doc = parse_own_json((*found)->doc);
  if (!doc) return fail(Errc::corrupt, "definition " + hash + ": " + doc.error().message);
  if ((*found)->kind == "workflow") {
    auto w = Workflow::from_json(*doc);
    if (!w) return std::unexpected(w.error());
    remembered.workflows.push_back(std::move(*w));
    return Done{};
  }
  auto c = Control::from_json(*doc);
  if (!c) return std::unexpected(c.error());
  remembered.controls.push_back(std::move(*c));
  return Done{};
}

/// What tells of the findings on events that are open still, and what told of them when a run began that is open.
Result<Done> Shell::remember_evidence(const Projection& projection, Remembered& remembered) {
  for (const auto& [id, finding] : projection.findings()) {
    if (auto ok = remember_evidence(finding, remembered); !ok) return ok;
  }
  for (const auto& [id, run] : projection.runs()) {
    if (!run.finding_was) continue;
    if (auto ok = remember_evidence(*run.finding_was, remembered); !ok) return ok;
  }
  return Done{};
}

Result<Done> Shell::remember_evidence(const Finding& finding, Remembered& remembered) {
  if (!finding.evidence || remembered.evidence.contains(finding.evidence->id)) return Done{};
  auto blob = parts_.store.blob(finding.evidence->id);
  if (!blob) return std::unexpected(blob.error());
  if (!*blob) return Done{};  // erased
  auto doc = parse_own_json((*blob)->bytes);
  auto event = doc ? Event::from_json(*doc) : Result<Event>(std::unexpected(doc.error()));
  if (!event) return fail(Errc::corrupt, "blob " + finding.evidence->id + ": " + event.error().message);
  remembered.evidence[finding.evidence->id] = std::move(*event);
  return Done{};
}

}  // namespace aright::engine
