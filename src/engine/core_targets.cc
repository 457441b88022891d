// What the steps of a run are about, and what is its alone while it is at work.
#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "engine/core.h"
#include "guard/guard.h"

namespace aright::engine {

namespace {

constexpr std::size_t condition_shown = 200;  ///< bytes of a condition that stand for its step

}  // namespace

std::vector<Core::Aim> Core::targets(const Run& r) const {
  static const Desired none;
  std::vector<Aim> list;
  if (r.undo) {
    for (ResourceId& id : undo_runs_.targets(r)) list.push_back({std::move(id), &none});
    return list;
  }
  const Workflow* w = workflow_of(r);
  const Control* c = control_of(r);
  if (w == nullptr || c == nullptr) return list;
  for (const Step& step : w->steps) {
    if (const Step::Exec* exec = step.exec()) {
      list.push_back({{program_driver, exec->program.arguments.front()}, &none});
    } else if (const Step::Call* call = step.call()) {
      list.push_back({{call_driver, origin_of(call->message.url)}, &none});
    } else if (const Step::Branch* branch = step.branch()) {
      list.push_back({{flow_driver, clip_text("when " + branch->when, condition_shown)}, &none});
    } else if (const Step::ForEach* over = step.for_each()) {
      list.push_back({{flow_driver, clip_text("for_each " + over->list, condition_shown)}, &none});
    } else if (const Step::Wait* wait = step.wait()) {
      list.push_back({{flow_driver, "wait " + format_duration(wait->length)}, &none});
    } else if (const Step::Notify* told = step.notify()) {
      list.push_back({{flow_driver, "notify " + told->to}, &none});
    } else if (const Step::Approve* asked = step.approve()) {
      list.push_back({{flow_driver, approve_word + (asked->team.empty() ? w->owner : asked->team)}, &none});
    } else if (step.cures()) {
      list.push_back({subject_parts(r.subject), &c->desired});
    } else {
      list.push_back({step.ensure()->own->resource, &step.ensure()->own->desired});
    }
  }
  return list;
}

std::vector<ResourceId> Core::locks_of(const Run& r) const {
  std::set<ResourceId> ids;
  const auto subject = resource_of(r.subject);
  for (const auto& target : targets(r)) {
    if (target.resource.driver == flow_driver) continue;
    if (!is_errand(target.resource)) {
      ids.insert(target.resource);
    } else if (subject) {
      ids.insert(*subject);
    }
  }
  return {ids.begin(), ids.end()};
}

/// What no run may touch, whoever approves; empty: nothing such.
std::string Core::protected_target(const Run& r) const {
  for (const auto& target : targets(r)) {
    // An errand is asked for, not changed.
    if (is_errand(target.resource) || target.resource.driver == flow_driver) continue;
    const auto verdict = guard::protected_resource(target.resource, config_.protected_paths);
    if (const auto* held = std::get_if<guard::Hold>(&verdict)) return held->reason;
  }
  return {};
}

}  // namespace aright::engine
