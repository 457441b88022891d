// The condition under which a workflow answers a finding.
#pragma once

#include <optional>

#include "base/time.h"
#include "cel/program.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/workflow.h"

namespace aright::workflow {

/// What `when` may name: `finding` (id, subject, severity, episode, occurrences, recurrence, differs), `control` (name,
/// title, severity, tags), `resource`, the fields of the state as read, `event`, the data of the event
/// that opened it, where it came from one, and `now`.
[[nodiscard]] cel::Environment when_environment();

/// Immutable; any thread.
class When {
 public:
  /// Without a condition it always holds. Errc::invalid: it does not compile (a loaded workflow's does).
  static Result<When> make(const Workflow& workflow);

  /// Errors of the condition mean that nobody knows.
  [[nodiscard]] Result<bool> holds(const Finding& finding, const Control& control, const State& state, const Now& now,
                                   const Event* event = nullptr) const;

 private:
  std::optional<cel::Program> program_;
};

}  // namespace aright::workflow
