// Begins undos: what speaks against one, its run, what becomes of it before it is planned and after its end.
#include "engine/core_undo_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/core.h"
#include "engine/reviewing.h"
#include "guard/guard.h"
#include "model/retention.h"
#include "workflow/about.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// Taking it back does again what it has taken back.
bool takes_up_again(const Run& r) { return r.undo && !r.undo->redo; }

}  // namespace

std::vector<std::size_t> order_of(const Run& r, bool back) {
  std::vector<std::size_t> order(r.steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (r.undo.has_value() != back) std::ranges::reverse(order);
  return order;
}

void UndoRuns::ask(std::uint64_t token, const UndoRun& command, const Identity& who) {
  const auto answer = [&](Result<Json> told) { core_.out_.answers.push_back({token, std::move(told)}); };
  if (auto ok = may_undo(command, who); !ok) return answer(std::unexpected(ok.error()));
  if (command.plan_only) {
    DoUndoPlan work = work_for(*command.source, core_.projection_.next_run());
    work.token = token;
    work.run = 0;
    work.partial = command.partial;
    core_.out_.work.emplace_back(std::move(work));
    return;
  }
  const std::uint64_t id = create(command, who);
  answer(Json{{"run", id}, {"undoes", command.run}, {"state", name(RunState::pending)}});
}

Result<Done> UndoRuns::may_undo(const UndoRun& command, const Identity& who) const {
  const auto refused = [&](const std::string& why) {
    return fail(Errc::conflict, fmt::format("run {} is not undone: {}", command.run, why));
  };
  if (core_.draining_) return fail(Errc::unavailable, "stopping; ask again after the start", Retry::yes);
  if (const Run* open = core_.run(command.run)) {
    const bool asks = open->state == RunState::held;  // who wants it undone wants no more of it
    return refused(fmt::format("it is {} and has not ended; {}", name(open->state),
                               asks ? fmt::format("`runs cancel {}` ends it", open->id) : instead(*open)));
  }
  if (!command.source) return std::unexpected(command.source.error());
  if (*command.source == nullptr) {
    return fail(Errc::not_found, no_run(command.run, command.run < core_.projection_.next_run()));
  }
  const UndoSource& source = **command.source;
  const bool ended_since = source.open_undo != 0 && core_.run(source.open_undo) == nullptr;
  if (ended_since || !is_final(source.run.state)) {  // what is known of it is from before that
    return refused(fmt::format("run {} has only just ended; ask again", ended_since ? source.open_undo : command.run));
  }
  if (auto why = undo_refusal(source, command.partial || command.plan_only)) return std::unexpected(*why);
  for (const auto& [id, open] : core_.projection_.runs()) {
    if (open.workflow != source.run.workflow || open.subject != source.run.subject) continue;
    return refused(
        fmt::format("run {} of {} on {} is {}: that ends first", id, open.workflow, open.subject, name(open.state)));
  }
  if (const std::string why = protected_in(source); !why.empty()) return fail(Errc::denied, why);
  return may_waive(command, who);
}

std::string UndoRuns::protected_in(const UndoSource& source) const {
  for (std::size_t i = 0; i < source.run.steps.size(); ++i) {
    if (undo_part(source, i).kind != UndoPart::Kind::resource) continue;
    const auto verdict = guard::protected_resource(source.run.steps[i].resource, core_.config_.protected_paths);
    if (const auto* held = std::get_if<guard::Hold>(&verdict)) return held->reason;
  }
  return {};
}

/// Checked before anything is begun; of a control that is gone nothing has to be waived.
Result<Done> UndoRuns::may_waive(const UndoRun& command, const Identity& who) const {
  const Run& r = (*command.source)->run;
  if (!command.waive || takes_up_again(r)) return Done{};
  auto waiver = core_.waiver_of(Waive{r.control, r.subject, command.reason, {}, *command.waive}, who);
  if (waiver || waiver.error().code == Errc::not_found) return Done{};
  return std::unexpected(waiver.error());
}

std::uint64_t UndoRuns::create(const UndoRun& command, const Identity& who) {
  const Run& r = (*command.source)->run;
  const std::uint64_t id = core_.projection_.next_run();
  Fields entry{{"run", id},
               {"finding", r.finding},
               {"control", r.control},
               {"control_hash", r.control_hash},
               {"workflow", r.workflow},
               {"version", r.version},
               {"subject", r.subject},
               {"severity", name(r.severity)},
               {"mode", name(r.mode)},
               {"undoes", r.id},
               {"by", line(who.user)},
               {"groups", short_list(who.groups)},
               {"reason", line(command.reason)}};
  entry["earlier"] = (*command.source)->in_part_by;
  if (takes_up_again(r)) entry["redo"] = true;
  if (!who.groups.empty()) entry["keeps_groups"] = true;
  if (who.alone) entry["break_glass"] = true;
  if (command.partial) entry["partial"] = true;
  if (command.waive && !takes_up_again(r)) entry["waive_ms"] = *command.waive / std::chrono::milliseconds{1};
  remember(id, *command.source);
  core_.record("run.created", std::move(entry));
  if (who.alone) Reviewing(core_).tell_alone(command, who, id);
  core_.queue(*core_.run(id));
  return id;
}

void UndoRuns::remember(std::uint64_t id, std::shared_ptr<const UndoSource> source) {
  if (source == nullptr) return;
  if (source->workflow) core_.workflows_.emplace(source->run.version, *source->workflow);
  if (source->control) core_.controls_.emplace(source->run.control_hash, *source->control);
  sources_[id] = std::move(source);
}

bool UndoRuns::try_start(const Run& r) {
  if (!sources_.contains(r.id)) {
    core_.move(r, RunInput::cancel, fmt::format("what run {} did is not stored any more", r.undo->run));
    return true;
  }
  if (core_.is_blocked(r) || !core_.finds_no_room(r).empty() || !core_.takes_locks(r)) return false;
  core_.move(r, RunInput::start, "");
  core_.ask_plans(*core_.run(r.id));
  return true;
}

void UndoRuns::ask_plan(const Run& r) {
  const auto source = sources_.find(r.id);
  if (source == sources_.end()) {
    core_.move(r, RunInput::plan_failed, fmt::format("what run {} did is not stored any more", r.undo->run));
    return;
  }
  DoUndoPlan work = work_for(source->second, r.id);
  work.run = r.id;
  work.attempt = r.plans;
  work.partial = r.undo->partial;
  core_.out_.work.emplace_back(std::move(work));
}

DoUndoPlan UndoRuns::work_for(const std::shared_ptr<const UndoSource>& source, std::uint64_t run) const {
  DoUndoPlan work;
  work.source = source;
  for (std::size_t i = 0; i < source->run.steps.size(); ++i) {
    if (undo_part(*source, i).kind == UndoPart::Kind::errand) work.errands.emplace(i, context_for(*source, run, i));
  }
  return work;
}

/// What is known of the finding, as far as it is stored still.
workflow::ErrandContext UndoRuns::context_for(const UndoSource& source, std::uint64_t run, std::size_t step) const {
  workflow::ErrandContext context;
  const Run& r = source.run;
  const Finding finding = source.finding ? *source.finding : core_.finding_of(r);
  context.subject = subject_parts(r.subject);
  context.subject_typed = finding.subject_typed;
  context.finding = workflow::about(finding);
  context.control = workflow::about(*source.control);
  context.event = source.event;
  context.run = {{"id", run},
                 {"workflow", r.workflow},
                 {"key", step_key(core_.projection_.epochs().current(), run, step)},
                 {"undoes", r.id}};
  const auto& arm = source.workflow->steps.at(step).arm;
  if (arm && arm->item && arm->of < r.steps.size()) {
    const Json list = parse_json(r.steps[arm->of].outcome).value_or(Json());
    if (list.is_array() && *arm->item < list.size()) context.each = list.at(*arm->item);
  }
  return context;
}

std::vector<ResourceId> UndoRuns::targets(const Run& r) const {
  std::vector<ResourceId> list;
  const auto found = sources_.find(r.id);
  if (found == sources_.end()) {
    for (const RunStep& s : r.steps) list.push_back(s.resource);
    return list;
  }
  const UndoSource& source = *found->second;
  for (std::size_t i = 0; i < source.run.steps.size(); ++i) {
    const UndoPart::Kind kind = undo_part(source, i).kind;
    if (kind == UndoPart::Kind::errand) {
      const StepUndo& undo = *source.workflow->steps.at(i).undo;
      const auto* exec = std::get_if<ExecStep>(&undo);
      list.push_back(exec != nullptr ? ResourceId{program_driver, exec->program.arguments.front()}
                                     : ResourceId{call_driver, origin_of(std::get<CallStep>(undo).message.url)});
    } else {
      list.push_back(kind == UndoPart::Kind::resource
                         ? source.run.steps[i].resource
                         : ResourceId{flow_driver, fmt::format("nothing for step {}", i + 1)});
    }
  }
  return list;
}

const UndoSource* UndoRuns::source(std::uint64_t run) const {
  const auto found = sources_.find(run);
  return found == sources_.end() ? nullptr : found->second.get();
}

std::string UndoRuns::first_driver(const Run& r) const {
  const auto all = targets(r);
  const auto first =
      std::find_if(all.rbegin(), all.rend(), [](const ResourceId& id) { return id.driver != flow_driver; });
  return first == all.rend() ? std::string() : first->driver;
}

/// Where nothing is undone, nothing has to be left alone; where it is not known, a person looks first.
std::uint64_t UndoRuns::waiver_to_end(const Run& r, RunState to) {
  if (!r.undo || r.undo->waiver == 0) return 0;
  const bool as_it_was = to == RunState::failed || to == RunState::rolled_back || to == RunState::cancelled ||
                         to == RunState::denied || to == RunState::expired;
  return as_it_was && !made_something(r) ? r.undo->waiver : 0;
}

void UndoRuns::closed(std::uint64_t run, std::uint64_t waiver) {
  sources_.erase(run);
  if (!core_.projection_.waivers().contains(waiver)) return;
  const ResourceId resource = subject_parts(core_.projection_.waivers().at(waiver).subject);
  core_.end_waiver(waiver, "removed", "aright", fmt::format("run {} has undone nothing", run));
  if (!core_.controls_about(resource).empty()) core_.read(resource, "waiver", core_.projection_.entries());
}

}  // namespace aright::engine
