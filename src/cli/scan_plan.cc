#include "cli/scan_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "engine/errands.h"
#include "engine/plan_desired.h"
#include "model/content.h"
#include "model/key_wish.h"
#include "workflow/about.h"
#include "workflow/when.h"

namespace aright::cli {

namespace {

void add_note(std::string& note, const std::string& more) { note += (note.empty() ? "" : "; ") + more; }

/// The lines of `before` that hold a `#` behind a blank and are not in `after`.
std::vector<std::size_t> lost(const std::vector<key_text::Setting>& before,
                              const std::vector<key_text::Setting>& after) {
  std::multiset<std::pair<std::string, std::string>> stay;
  for (const key_text::Setting& one : after) stay.emplace(one.key, one.value);
  std::vector<std::size_t> lines;
  for (const key_text::Setting& one : before) {
    const auto same = stay.find({one.key, one.value});
    if (same != stay.end()) {
      stay.erase(same);
    } else if (one.value.contains(" #") || one.value.contains("\t#")) {
      lines.push_back(one.line);
    }
  }
  return lines;
}

/// What follows a `#` may be a comment to people and is a value to us: nobody should lose it unawares.
std::string remarks_note(const Desired& desired, const Plan& plan) {
  const auto keys = desired.fields.find(keys_field);
  if (keys == desired.fields.end()) return {};
  const auto wish = KeyWish::from_json(*keys);
  const auto before = content_bytes(plan.before.fields.value("content", Json()));
  const auto after = content_bytes(plan.after.fields.value("content", Json()));
  if (!wish || !before || !after) return {};
  const auto lines = lost(key_text::parse(*before, wish->format), key_text::parse(*after, wish->format));
  if (lines.empty()) return {};
  return fmt::format("line{} {} would lose what follows its `#`, which is part of the value in this format",
                     lines.size() == 1 ? "" : "s", fmt::join(lines, ", "));
}

class Planner {
 public:
  Planner(const Drivers& drivers, const Control& control, ScanItem& item)
      : drivers_(drivers), control_(control), item_(item) {}

  /// The difference to the violating resource itself is the item's.
  void own(const Desired& desired, const engine::FillContext& context) {
    ScanStep step;
    ensure({item_.resource, desired}, context, step);
    if (!step.change.difference.empty()) item_.changes.push_back(std::move(step.change));
    if (!step.note.empty()) add_note(item_.note, step.note);
  }

  /// As far as anybody knows it does; what is not known or says no becomes a note.
  bool answers(const Workflow& w, const Now& now) {
    if (!w.answers_to(control_, opened())) return false;
    if (w.when.empty()) return true;
    const auto when = workflow::When::make(w);
    const auto holds = !when      ? std::unexpected(when.error())
                       : !state() ? std::unexpected(state().error())
                                  : when->holds(opened(), control_, *state(), now);
    if (!holds) {
      add_note(item_.note, fmt::format("whether workflow {} answers it cannot be told, so a person is asked: {}",
                                       w.name, holds.error().message));
    } else if (!*holds) {
      add_note(item_.note, fmt::format("workflow {} does not answer it, its `when` is false: {}", w.name, w.when));
    }
    return !holds || *holds;
  }

  void steps(const Workflow& workflow) {
    const Finding finding = opened();
    const Json run{{"id", 0}, {"workflow", workflow.name}};
    Json about = workflow::about(finding);
    auto withheld = workflow::withhold_outsiders(about, finding.subject_typed);
    const engine::FillContext context{
        {{"run", run}, {"finding", std::move(about)}, {"control", workflow::about(control_)}},
        std::move(withheld),
        true};
    for (const Step& step : workflow.steps) {
      if (step.arm && step.arm->item) continue;
      if (const Step::Exec* exec = step.exec()) {
        item_.steps.push_back(errand(*exec, {program_driver, exec->program.arguments.front()}, finding, run));
      } else if (const Step::Call* call = step.call()) {
        item_.steps.push_back(errand(*call, {call_driver, origin_of(call->message.url)}, finding, run));
      } else if (step.for_each() != nullptr) {
        add_note(item_.note,
                 fmt::format("workflow {} does a step for each of `{}`", workflow.name, step.for_each()->list));
      } else if (step.branch() != nullptr) {
        add_note(item_.note, fmt::format("workflow {} decides by `{}` which of its steps are done", workflow.name,
                                         step.branch()->when));
      } else if (step.wait() != nullptr) {
        add_note(item_.note, fmt::format("workflow {} waits {} before it goes on", workflow.name,
                                         format_duration(step.wait()->length)));
      } else if (const Step::Approve* asked = step.approve()) {
        add_note(item_.note, fmt::format("workflow {} asks {} before it goes on", workflow.name,
                                         asked->team.empty() ? workflow.owner : asked->team));
      } else if (const Step::Notify* told = step.notify()) {
        add_note(item_.note, fmt::format("workflow {} tells {}", workflow.name, told->to));
      } else if (const Step::Ensure* made = step.ensure(); made == nullptr || !made->own) {
        continue;  // the control's own cure, which is looked at by itself
      } else if (made->own->resource == item_.resource) {
        own(made->own->desired, context);
      } else {
        ScanStep other;
        ensure(*made->own, context, other);
        if (!other.change.difference.empty() || !other.note.empty()) item_.steps.push_back(std::move(other));
      }
    }
  }

 private:
  /// The finding that this violation would open.
  [[nodiscard]] Finding opened() const {
    Finding finding;
    finding.control = control_.name;
    finding.subject = item_.resource.text();
    finding.id = Finding::make_id(finding.control, finding.subject, finding.episode);
    finding.severity = control_.severity;
    finding.differs = item_.differs;
    return finding;
  }

  /// Of the violating resource, read once.
  const Result<State>& state() {
    if (state_) return *state_;
    const auto driver = drivers_.find(item_.resource.driver);
    state_ = driver == drivers_.end() ? fail(Errc::not_found, "no driver for resource " + item_.resource.driver)
                                      : driver->second->read(item_.resource);
    return *state_;
  }

  void ensure(const Step::Target& target, const engine::FillContext& context, ScanStep& into) {
    into.resource = target.resource;
    const auto driver = drivers_.find(target.resource.driver);
    if (driver == drivers_.end()) return add_note(into.note, "no driver for resource " + target.resource.driver);
    const auto plan = engine::plan_desired(*driver->second, target.resource, target.desired, context);
    if (!plan) return add_note(into.note, plan.error().message);
    const bool secret = plan->before.sensitive || plan->after.sensitive;
    into.change = {shown(plan->before.fields, secret), shown(plan->after.fields, secret),
                   difference(plan->before, plan->after)};
    if (const auto lost = remarks_note(target.desired, *plan); !lost.empty()) add_note(into.note, lost);
  }

  ScanStep errand(const engine::ErrandStep& wanted, const ResourceId& resource, const Finding& finding,
                  const Json& run) {
    ScanStep step;
    step.resource = resource;
    step.arguments = {resource.id};
    workflow::ErrandContext context;
    context.finding = workflow::about(finding);
    context.control = workflow::about(control_);
    context.run = run;
    context.run["key"] = "";  // known when there is a run
    context.subject = item_.resource;
    bool sensitive = engine::is_sensitive(wanted);
    if (engine::names_resource(wanted)) {
      if (!state()) return add_note(step.note, state().error().message), step;
      sensitive = sensitive || state()->sensitive;
      context.resource = *state();
    }
    const auto plan = engine::plan_errand(wanted, context);
    if (!plan) {
      add_note(step.note, plan.error().message);
    } else if (sensitive) {
      add_note(step.note, "what it is given is kept back");
    } else {
      const Json announced = plan->announced(false);
      step.arguments = announced.contains("arguments")
                           ? announced.at("arguments").get<std::vector<std::string>>()
                           : std::vector<std::string>{announced.at("method").get<std::string>(),
                                                      announced.at("url").get<std::string>()};
    }
    return step;
  }

  const Drivers& drivers_;
  const Control& control_;
  ScanItem& item_;
  std::optional<Result<State>> state_;
};

}  // namespace

void add_plan(const Config& config, const Drivers& drivers, const Control& control, const Now& now, ScanItem& item) {
  Planner planner(drivers, control, item);
  if (control.violation.empty()) planner.own(control.desired, engine::control_context(item.resource));
  const auto workflow =
      std::ranges::find_if(config.workflows, [&](const Workflow& w) { return planner.answers(w, now); });
  if (workflow != config.workflows.end()) return planner.steps(*workflow);
  if (!control.violation.empty()) add_note(item.note, "no workflow answers it");
}

}  // namespace aright::cli
