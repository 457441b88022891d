// The steps `exec` and `call` in a workflow's stored form.
#pragma once

#include "model/workflow.h"

namespace aright {

[[nodiscard]] Json exec_step_to_json(const ExecStep& exec);
[[nodiscard]] Json call_step_to_json(const CallStep& call);
/// Errc::corrupt.
[[nodiscard]] Result<ExecStep> exec_step_from_json(const Json& doc);
[[nodiscard]] Result<CallStep> call_step_from_json(const Json& doc);

}  // namespace aright
