#include "engine/plan_desired.h"

#include <nlohmann/json.hpp>

#include "detect/fill.h"
#include "workflow/about.h"

namespace aright::engine {

FillContext control_context(const ResourceId& subject) {
  return {{{"subject", {{"driver", subject.driver}, {"id", subject.id}}}}, false};
}

Result<Plan> plan_desired(Driver& driver, const ResourceId& resource, const Desired& desired,
                          const FillContext& context) {
  if (!detect::has_texts(desired.fields)) return driver.plan(resource, desired);
  const auto filler = detect::Filler::make(
      desired.fields, context.of_step ? workflow::step_fill_environment() : detect::control_fill_environment());
  if (!filler) return std::unexpected(filler.error());
  const auto state = driver.read(resource);
  if (!state) return std::unexpected(state.error());
  auto filled = filler->fill(state->fields, context.values);
  if (!filled) return std::unexpected(filled.error());
  auto plan = driver.plan(resource, {std::move(*filled), desired.sensitive});
  if (plan && plan->before.fields != state->fields) {
    return fail(Errc::unavailable, resource.text() + " was changed while it was planned", Retry::yes);
  }
  return plan;
}

}  // namespace aright::engine
