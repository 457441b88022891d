// From a step `exec` as written to the exact program that a run would start.
#pragma once

#include "base/result.h"
#include "model/program.h"
#include "model/workflow.h"
#include "workflow/errand_texts.h"

namespace aright::workflow {

/// Whether the subject has to be read for its plan. False also for texts that do not compile (a loaded workflow's do).
[[nodiscard]] bool names_resource(const Step::Exec& exec);

/// Whether it can only be planned when the steps before it have ended. False also for texts that do not compile.
[[nodiscard]] bool names_steps(const Step::Exec& exec);

/// Fills everything in, except the keys. Each text becomes one argument or one value, and is never looked at again. A
/// field of the event that an outsider wrote may be named in them only when it is typed; all of it is on standard
/// input. Pure. Errc::invalid names the argument whose expression has no value, or one that is no single text;
/// Errc::denied the one that names what an outsider wrote, and that field.
[[nodiscard]] Result<ProgramPlan> plan_program(const Step::Exec& exec, const ErrandContext& context);

}  // namespace aright::workflow
