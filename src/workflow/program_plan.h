// From a step `exec` as written to the exact program that a run would start.
#pragma once

#include <optional>
#include <span>
#include <string>

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
  Json steps;          ///< what earlier steps came to, by their names; only where an expression names `steps`
  Json trusted_steps;  ///< the same without texts of output, which may hold what an outsider wrote
  Json each;           ///< of a list, the value that it is for; null: it is for none
};

/// What arguments and environment may name: `finding` (its `subject` has `driver` and `id`), `control`,
/// `run`, `resource` (the fields of the subject's state as read), `event` (its data), `steps` (those of `earlier` that
/// have names: exit_code, output, changed) and, with `each`, the value of the list that the program is for.
[[nodiscard]] cel::Environment program_environment(std::span<const Step> earlier = {}, bool each = false);

/// Whether the subject has to be read for its plan. False also for texts that do not compile (a loaded workflow's do).
[[nodiscard]] bool names_resource(const Step::Exec& exec);

/// Whether it can only be planned when the steps before it have ended. False also for texts that do not compile.
[[nodiscard]] bool names_steps(const Step::Exec& exec);
[[nodiscard]] bool names_steps(const std::string& expression);

/// The values of a list that a program is done for, as the expression gives them; what an outsider wrote as he liked is
/// not there. Errc::invalid: it has no value, or one that is no list of texts, integers and booleans, of at most
/// `for_each_bytes_max` as JSON. Pure.
[[nodiscard]] Result<Json> list_values(const std::string& expression, const ProgramContext& context);

/// Fills everything in, except the keys. Each text becomes one argument or one value, and is never looked at again. A
/// field of the event that an outsider wrote may be named in them only when it is typed; all of it is on standard
/// input. Pure. Errc::invalid names the argument whose expression has no value, or one that is no single text;
/// Errc::denied the one that names what an outsider wrote, and that field.
[[nodiscard]] Result<ProgramPlan> plan_program(const Step::Exec& exec, const ProgramContext& context);

}  // namespace aright::workflow
