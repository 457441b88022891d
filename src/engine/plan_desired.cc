#include "engine/plan_desired.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detect/fill.h"
#include "model/expressed.h"
#include "workflow/about.h"
#include "workflow/named_fields.h"

namespace aright::engine {

FillContext control_context(const ResourceId& subject) { return {{{"subject", expressed(subject)}}, {}, false}; }

bool names_withheld(const Desired& desired, const FillContext& context) {
  if (std::ranges::find(context.withheld, "subject") == context.withheld.end()) return false;
  return std::ranges::any_of(detect::texts_in(desired.fields), [](const Json& text) {
    return std::ranges::any_of(
        workflow::expressions_in(text.get_ref<const std::string&>()), [](const auto& expression) {
          return workflow::fields_named(expression, "finding").contains("subject") || expression.contains("finding[");
        });
  });
}

namespace {

Error not_filled(Error error, const Desired& desired, const FillContext& context) {
  if (names_withheld(desired, context)) {
    error.message +=
        "; an outsider wrote the subject of this finding: name its field in `trusted:` of its source, or "
        "do without it";
  }
  return error;
}

}  // namespace

Result<Plan> plan_desired(Driver& driver, const ResourceId& resource, const Desired& desired,
                          const FillContext& context) {
  if (!detect::has_texts(desired.fields)) return driver.plan(resource, desired);
  const auto filler = detect::Filler::make(
      desired.fields, context.of_step ? workflow::step_fill_environment() : detect::control_fill_environment());
  if (!filler) return std::unexpected(filler.error());
  const auto state = driver.read(resource);
  if (!state) return std::unexpected(state.error());
  auto filled = filler->fill(state->fields, context.values);
  if (!filled) return std::unexpected(not_filled(std::move(filled.error()), desired, context));
  auto plan = driver.plan(resource, {std::move(*filled), desired.sensitive});
  if (plan && plan->before.fields != state->fields) {
    return fail(Errc::unavailable, resource.text() + " was changed while it was planned", Retry::yes);
  }
  return plan;
}

}  // namespace aright::engine
