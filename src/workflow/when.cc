#include "workflow/when.h"

#include <fmt/format.h>

#include "model/expressed.h"
#include "workflow/about.h"
#include "workflow/field_types.h"

namespace aright::workflow {

cel::Environment when_environment() {
  cel::Environment environment;
  const cel::Type either{cel::Kind::dyn, {}};
  environment.variables = {finding_variable(),
                           control_variable(),
                           {"resource", either},
                           {"event", either},
                           {"now", {cel::Kind::timestamp, {}}}};
  add_field_types(environment);
  return environment;
}

Result<When> When::make(const Workflow& workflow) {
  When when;
  if (workflow.when.empty()) return when;
  auto program = cel::compile(workflow.when, when_environment());
  if (!program) {
    return fail(Errc::invalid, fmt::format("workflow {}: `when`: {}", workflow.name, program.error().front().message));
  }
  when.program_ = std::move(*program);
  return when;
}

Result<bool> When::holds(const Finding& finding, const Control& control, const State& state, const Now& now,
                         const Event* event) const {
  if (!program_) return true;
  const Json found = about(finding);
  const Json by = about(control);
  const auto since_epoch = now.wall.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  cel::Bindings bindings;
  bindings.view("finding", found);
  bindings.view("control", by);
  bindings.set("resource", cel::Value::share(expressed(state.fields)));
  if (event != nullptr) bindings.view("event", event->data);
  if (const auto time = cel::instant(seconds.count(), (since_epoch - seconds).count())) {
    bindings.set("now", cel::Value::timestamp(*time));
  }
  return cel::holds(*program_, bindings);
}

}  // namespace aright::workflow
