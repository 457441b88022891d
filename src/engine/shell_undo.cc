// What is stored of an ended run that a person wants undone.
#include <fmt/format.h>

#include "engine/shell.h"

namespace aright::engine {

namespace {

Result<std::optional<Json>> doc_of(Store& store, const std::string& table, const std::string& id) {
  auto row = store.row(table, id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::optional<Json>();
  auto doc = parse_own_json((*row)->doc);
  if (!doc) return fail(Errc::corrupt, fmt::format("table {}, row {}: {}", table, id, doc.error().message));
  return std::optional<Json>(std::move(*doc));
}

/// nullopt: it has been erased.
Result<std::optional<State>> state_of(Store& store, const Commitment& wanted) {
  auto blob = store.blob(wanted.id);
  if (!blob) return std::unexpected(blob.error());
  if (!*blob) return std::optional<State>();
  auto fields = parse_own_json((*blob)->bytes);
  if (!fields) return fail(Errc::corrupt, "blob " + wanted.id + ": " + fields.error().message);
  return std::optional<State>(State{std::move(*fields), (*blob)->sensitive});
}

Result<Done> add_plans(Store& store, UndoSource& source) {
  for (const RunStep& step : source.run.steps) {
    std::optional<Plan>& plan = source.plans.emplace_back();
    if (!step.changes || step.is_errand() || step.steers()) continue;
    auto before = state_of(store, step.before);
    if (!before) return std::unexpected(before.error());
    auto after = state_of(store, step.after);
    if (!after) return std::unexpected(after.error());
    if (*before && *after) plan = Plan{std::move(**before), std::move(**after), step.names, step.strength};
  }
  return Done{};
}

/// From the newest on, each names the one before it.
Result<Done> add_earlier_undos(Store& store, UndoSource& source) {
  for (std::uint64_t id = source.in_part_by; id != 0;) {
    auto doc = doc_of(store, "run", fmt::format("{:012}", id));
    if (!doc) return std::unexpected(doc.error());
    if (!*doc) return Done{};
    auto undo = Run::from_json(**doc);
    if (!undo) return std::unexpected(undo.error());
    const std::uint64_t before = add_taken_back(source, *undo);
    id = before < id ? before : 0;
  }
  return Done{};
}

Result<Done> add_finding(Store& store, UndoSource& source) {
  source.finding = source.run.finding_was;
  if (!source.finding) {
    auto doc = doc_of(store, "finding", source.run.finding);
    if (!doc) return std::unexpected(doc.error());
    if (!*doc) return Done{};
    auto finding = Finding::from_json(**doc);
    if (!finding) return std::unexpected(finding.error());
    source.finding = std::move(*finding);
  }
  if (!source.finding->evidence) return Done{};
  auto evidence = state_of(store, *source.finding->evidence);
  if (!evidence) return std::unexpected(evidence.error());
  if (!*evidence) return Done{};
  auto event = Event::from_json((*evidence)->fields);
  if (!event) return std::unexpected(event.error());
  source.event = std::move(*event);
  return Done{};
}

}  // namespace

/// nullptr: there is no such run.
Result<std::shared_ptr<const UndoSource>> Shell::undo_source(std::uint64_t id) {
  const std::string number = fmt::format("{:012}", id);
  auto doc = doc_of(parts_.store, "run", number);
  if (!doc) return std::unexpected(doc.error());
  if (!*doc) return nullptr;
  auto run = Run::from_json(**doc);
  if (!run) return std::unexpected(run.error());
  UndoSource source;
  source.run = std::move(*run);
  if (core_ != nullptr) {
    for (const auto& [open, other] : core_->projection().runs()) {
      if (other.undo && other.undo->run == id) source.open_undo = open;
    }
  }
  auto undone = doc_of(parts_.store, "undone", number);
  if (!undone) return std::unexpected(undone.error());
  if (*undone) source.undone_by = (*undone)->value("by", std::uint64_t{0});
  if (*undone) source.in_part_by = (*undone)->value("in_part_by", std::uint64_t{0});
  if (auto ok = add_earlier_undos(parts_.store, source); !ok) return std::unexpected(ok.error());
  if (auto ok = add_plans(parts_.store, source); !ok) return std::unexpected(ok.error());
  if (auto ok = add_finding(parts_.store, source); !ok) return std::unexpected(ok.error());
  Remembered definitions;
  for (const std::string& hash : {source.run.version, source.run.control_hash}) {
    if (auto ok = remember_definition(hash, definitions); !ok) return std::unexpected(ok.error());
  }
  if (!definitions.workflows.empty()) source.workflow = std::move(definitions.workflows.front());
  if (!definitions.controls.empty()) source.control = std::move(definitions.controls.front());
  return std::make_shared<const UndoSource>(std::move(source));
}

/// What a round before has found out must be stored before it is looked for. What cannot be read of one run is told to
/// who asks for it; nobody else has to wait for that.
Result<Done> Shell::add_undo_sources(std::vector<Input>& inputs, const Now& now) {
  for (Input& input : inputs) {
    auto* asked = std::get_if<Asked>(&input);
    auto* undo = asked == nullptr ? nullptr : std::get_if<UndoRun>(&asked->command);
    if (undo == nullptr) continue;
    if (uncommitted_) {
      gather_until_.reset();
      if (auto ok = commit(now); !ok) return ok;
    }
    if (uncommitted_) {
      undo->source = fail(Errc::unavailable, "nothing can be stored now: " + store_trouble_, Retry::yes);
    } else {
      undo->source = undo_source(undo->run);
    }
  }
  return Done{};
}

}  // namespace aright::engine
