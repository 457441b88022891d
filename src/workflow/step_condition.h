// The conditions of branches, over what is known of a run on its way.
#pragma once

#include <span>
#include <string>

#include "base/time.h"
#include "cel/program.h"
#include "model/event.h"
#include "model/workflow.h"

namespace aright::workflow {

/// What a condition may name: `finding`, `control` and `run` (id, workflow), `event` (its data), `now`, and `steps`, by
/// the names that are among `earlier`: of a program `steps.NAME.exit_code` and `steps.NAME.output`, as it declares it;
/// of an `ensure` `steps.NAME.changed`, of a call `steps.NAME.status`. What an outsider wrote is in `event` too: a
/// condition names no target.
[[nodiscard]] cel::Environment condition_environment(std::span<const Step> earlier);

/// Whether it holds is known before the first effect: it names neither `steps` nor `now`.
[[nodiscard]] bool known_at_once(const std::string& when);

/// Values only.
struct ConditionContext {
  Json finding;  ///< as `about`
  Json control;
  Json run;
  Json steps = Json::object();  ///< those that have ended
  const Event* event{nullptr};
  Now now;
};

/// Errors mean that nobody knows: a step that was not done, a field that is not there.
[[nodiscard]] Result<bool> holds(const std::string& when, const ConditionContext& context);

}  // namespace aright::workflow
