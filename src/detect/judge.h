// What a control says of a state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cel/program.h"
#include "detect/fill.h"
#include "model/control.h"

namespace aright::detect {

/// What `violation` may name: `resource`, the fields of the state; `subject`, its driver and id.
[[nodiscard]] cel::Environment violation_environment();

/// A control made ready to judge states. Immutable; any thread.
class Judge {
 public:
  /// Errc::invalid: its condition or a text of its desired state does not compile (a loaded control's does).
  static Result<Judge> make(const Control& control);

  /// What is wrong: names of the fields that are not as desired, or "violation"; empty: nothing. Errors of the
  /// condition (a field that is not there, a limit) mean that nobody knows.
  [[nodiscard]] Result<std::vector<std::string>> differs(const ResourceId& id, const State& state) const;

 private:
  std::optional<Filler> desired_;  ///< unless there is a condition
  std::optional<cel::Program> violation_;
};

}  // namespace aright::detect
