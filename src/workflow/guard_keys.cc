#include "workflow/guard_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "guard/guard.h"
#include "workflow/about.h"
#include "workflow/field_types.h"

namespace aright::workflow {

cel::Environment key_environment() {
  cel::Environment environment;
  environment.variables = {finding_variable(), control_variable(), {"event", {cel::Kind::dyn, {}}}};
  add_field_types(environment);
  return environment;
}

Result<GuardKeys> GuardKeys::make(const Guards& guards) {
  GuardKeys keys;
  for (const Threshold& limit : guards.threshold) {
    keys.by_resource_ = keys.by_resource_ || limit.per == Per::resource;
    const bool known = std::ranges::find(keys.texts_, limit.key, &Text::written) != keys.texts_.end();
    if (limit.per != Per::expression || known) continue;
    auto text = cel::compile_template(limit.key, key_environment());
    if (!text) return fail(Errc::invalid, "`per`: " + text.error().front().message);
    keys.texts_.push_back({limit.key, std::move(*text)});
  }
  return keys;
}

GuardKeys::Made GuardKeys::of(const Finding& finding, const Control& control, const Event* event,
                              std::span<const ResourceId> resources) const {
  Made made;
  if (empty()) return made;
  if (by_resource_) {
    for (const ResourceId& resource : std::set(resources.begin(), resources.end())) {
      made.keys.push_back(guard::resource_key(resource));
    }
  }
  Json found = about(finding);
  found["subject"]["id"] = subject_parts(finding.subject).id;  // to count by: as records write it, whatever its bytes
  const Json by = about(control);
  cel::Bindings bindings;
  bindings.view("finding", found);
  bindings.view("control", by);
  if (event != nullptr) bindings.view("event", event->data);
  for (const Text& text : texts_) {
    const auto value = cel::evaluate(text.text, bindings);
    auto filled = value ? cel::to_text(*value) : std::unexpected(value.error());
    if (filled) {
      made.keys.push_back(guard::expression_key(text.written, *filled));
    } else if (made.trouble.empty()) {
      made.trouble = filled.error().message;
    }
  }
  return made;
}

}  // namespace aright::workflow
