// From a step `exec` as written to the exact program that a run would start.
#pragma once

#include <optional>

#include "base/result.h"
#include "cel/program.h"
#include "model/event.h"
#include "model/program.h"
#include "model/resource.h"
#include "model/workflow.h"

namespace aright::workflow {

/// What a program may be told. Values only.
struct ProgramContext {
  Json finding;  ///< as `about`
  Json control;
  Json run;                       ///< id, workflow, key
  ResourceId subject;             ///< of the finding, as `subject_parts`
  bool subject_typed{true};       ///< false: an outsider wrote it as he liked, and only standard input has it
  std::optional<State> resource;  ///< the subject as just read; only where an expression names `resource`
  std::optional<Event> event;     ///< the one that opened the finding, where one did
};

/// What arguments and environment may name: `finding` (its `subject` has `driver` and `id`), `control`,
/// `run`, `resource` (the fields of the subject's state as read) and `event` (its data).
[[nodiscard]] cel::Environment program_environment();

/// Whether the subject has to be read for its plan. False also for texts that do not compile (a loaded workflow's do).
[[nodiscard]] bool names_resource(const Step::Exec& exec);

/// Fills everything in, except the keys. Each text becomes one argument or one value, and is never looked at again. A
/// field of the event that an outsider wrote may be named in them only when it is typed; all of it is on standard
/// input. Pure. Errc::invalid names the argument whose expression has no value, or one that is no single text;
/// Errc::denied the one that names what an outsider wrote, and that field.
[[nodiscard]] Result<ProgramPlan> plan_program(const Step::Exec& exec, const ProgramContext& context);

}  // namespace aright::workflow
