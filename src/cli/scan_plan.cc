#include "cli/scan_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/plan_desired.h"
#include "workflow/about.h"

namespace aright::cli {

namespace {

void add_note(ScanItem& item, const std::string& note) { item.note += (item.note.empty() ? "" : "; ") + note; }

/// What the texts of a step's own state may name: the finding this violation would open.
engine::FillContext context_of(const Control& control, const Workflow& workflow, const ScanItem& item) {
  Finding finding;
  finding.control = control.name;
  finding.subject = item.resource.text();
  finding.severity = control.severity;
  finding.differs = item.differs;
  return {{{"run", {{"id", 0}, {"workflow", workflow.name}}},
           {"finding", workflow::about(finding)},
           {"control", workflow::about(control)}},
          true};
}

void plan_target(const Drivers& drivers, const Step::Target& target, const engine::FillContext& context,
                 ScanItem& item) {
  const auto driver = drivers.find(target.resource.driver);
  if (driver == drivers.end()) return add_note(item, "no driver for resource " + target.resource.driver);
  const auto plan = engine::plan_desired(*driver->second, target.resource, target.desired, context);
  if (!plan) return add_note(item, plan.error().message);
  if (target.resource != item.resource) {
    if (!plan->empty()) add_note(item, "would also change " + target.resource.text());
    return;
  }
  if (plan->empty()) return;
  const bool secret = plan->before.sensitive || plan->after.sensitive;
  item.changes.push_back(
      {shown(plan->before.fields, secret), shown(plan->after.fields, secret), difference(plan->before, plan->after)});
}

}  // namespace

void add_plan(const Config& config, const Drivers& drivers, const Control& control, ScanItem& item) {
  if (control.violation.empty()) {
    return plan_target(drivers, {item.resource, control.desired}, engine::control_context(item.resource), item);
  }
  const auto workflow =
      std::ranges::find_if(config.workflows, [&](const Workflow& w) { return w.answers_to(control); });
  if (workflow == config.workflows.end()) return add_note(item, "no workflow answers it");
  if (!workflow->when.empty()) add_note(item, fmt::format("workflow {} decides by its `when`", workflow->name));
  const auto context = context_of(control, *workflow, item);
  for (const Step& step : workflow->steps) {
    if (const Step::Exec* exec = step.exec()) {
      add_note(item, "would start " + exec->program.arguments.front());
    } else if (step.ensure()->own) {
      plan_target(drivers, *step.ensure()->own, context, item);
    }
  }
}

}  // namespace aright::cli
