// A plan for a desired state that may have to be filled in first.
#pragma once

#include <string>
#include <vector>

#include "model/port/driver.h"

namespace aright::engine {

/// What the texts of a desired state may name beside `resource`: a map by name, and the environment with those names.
struct FillContext {
  Json values = Json::object();
  std::vector<std::string> withheld{};  ///< of `finding`: what an outsider may have written
  bool of_step{false};  ///< it is a step's own state (workflow/about.h); else a control's (detect/fill.h)
};
[[nodiscard]] FillContext control_context(const ResourceId& subject);

/// A text names the subject, which an outsider wrote as he liked: it is never filled in.
[[nodiscard]] bool names_withheld(const Desired& desired, const FillContext& context);

/// As `driver.plan`. What stands in `desired` as `${ … }` is filled in from a fresh reading and `context`
/// (detect/fill.h); Errc::unavailable when the plan then began from another state.
[[nodiscard]] Result<Plan> plan_desired(Driver& driver, const ResourceId& resource, const Desired& desired,
                                        const FillContext& context);

}  // namespace aright::engine
