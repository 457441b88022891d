#include "detect/judge.h"

#include <fmt/format.h>

#include "detect/compare.h"
#include "model/expressed.h"

namespace aright::detect {

cel::Environment violation_environment() {
  cel::Environment environment;
  environment.variables = {
      {"resource", {cel::Kind::dyn, {}}},
      {"subject", cel::Type::map_of({cel::Kind::text, {}}, {cel::Kind::text, {}}), {"driver", "id"}}};
  return environment;
}

Result<Judge> Judge::make(const Control& control) {
  Judge judge;
  if (control.violation.empty()) {
    auto filler = Filler::make(control.desired.fields, control_fill_environment());
    if (!filler) {
      return fail(Errc::invalid, fmt::format("control {}: `desired`: {}", control.name, filler.error().message));
    }
    judge.desired_ = std::move(*filler);
    return judge;
  }
  auto program = cel::compile(control.violation, violation_environment());
  if (!program) {
    return fail(Errc::invalid,
                fmt::format("control {}: `violation`: {}", control.name, program.error().front().message));
  }
  judge.violation_ = std::move(*program);
  return judge;
}

Result<std::vector<std::string>> Judge::differs(const ResourceId& id, const State& state) const {
  if (desired_ && desired_->is_plain()) return differing_fields(desired_->plain(), state.fields);
  const Json subject = expressed(id);
  if (desired_) {
    const auto wanted = desired_->fill(state.fields, {{"subject", subject}});
    if (!wanted) return std::unexpected(wanted.error());
    return differing_fields(*wanted, state.fields);
  }
  cel::Bindings bindings;
  bindings.set("resource", cel::Value::share(expressed(state.fields)));
  bindings.view("subject", subject);
  const auto violated = cel::holds(*violation_, bindings);
  if (!violated) return std::unexpected(violated.error());
  return *violated ? std::vector<std::string>{"violation"} : std::vector<std::string>{};
}

}  // namespace aright::detect
