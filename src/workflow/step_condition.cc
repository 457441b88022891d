#include "workflow/step_condition.h"

#include <algorithm>

#include "workflow/about.h"
#include "workflow/field_types.h"
#include "workflow/step_results.h"

namespace aright::workflow {

namespace {

const cel::Type any{cel::Kind::dyn, {}};

cel::Environment names_in_condition(std::vector<std::string> names, bool check) {
  cel::Environment environment;
  environment.variables = {
      finding_variable(), control_variable(), run_variable(), {"event", any}, {"now", {cel::Kind::timestamp, {}}}};
  environment.variables.push_back({"steps", any, std::move(names)});
  environment.check = check;
  add_field_types(environment);
  return environment;
}

}  // namespace

cel::Environment condition_environment(std::span<const Step> earlier) {
  std::vector<std::string> names = names_of(earlier);
  if (names.empty()) names.emplace_back();  // none: every name is a mistake
  cel::Environment environment = names_in_condition(std::move(names), true);
  add_step_results(earlier, true, environment);
  return environment;
}

bool known_at_once(const std::string& when) {
  const auto program = cel::compile(when, names_in_condition({}, false));
  if (!program) return false;
  return std::ranges::none_of(program->variables(),
                              [](const std::string& name) { return name == "now" || name.starts_with("steps"); });
}

Result<bool> holds(const std::string& when, const ConditionContext& context) {
  const auto program = cel::compile(when, names_in_condition({}, false));
  if (!program) return fail(Errc::invalid, program.error().front().message);
  const auto since_epoch = context.now.wall.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  cel::Bindings bindings;
  bindings.view("finding", context.finding);
  bindings.view("control", context.control);
  bindings.view("run", context.run);
  bindings.view("steps", context.steps);
  if (context.event != nullptr) bindings.view("event", context.event->data);
  if (const auto time = cel::instant(seconds.count(), (since_epoch - seconds).count())) {
    bindings.set("now", cel::Value::timestamp(*time));
  }
  return cel::holds(*program, bindings);
}

}  // namespace aright::workflow
