// What is stored of an ended run that is to be undone, and what can be undone of it. Values; pure.
// Decision: docs/decisions/0170.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/control.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/run.h"
#include "model/workflow.h"

namespace aright::engine {

/// How the outcome of a step begins that a person has found to have happened, or not.
inline constexpr std::string_view found_done = "found done by ";
inline constexpr std::string_view found_not_done = "found not done by ";

struct UndoSource {
  Run run;
  std::optional<Workflow> workflow;  ///< of the run's version; none: it is not stored any more
  std::optional<Control> control;
  std::optional<Finding> finding;  ///< as it ended, or is
  std::optional<Event> event;      ///< that opened it; none: there is none, or it has been erased
  /// By step that has changed a resource; nullopt: its content has been erased.
  std::vector<std::optional<Plan>> plans;
  std::uint64_t undone_by{0};   ///< the run that has taken it back; 0: none has
  std::uint64_t in_part_by{0};  ///< the last that has ended otherwise and has taken back a part; 0: none has
  /// Programs and calls, by step: the run that has taken it back, and did not take back all.
  std::map<std::size_t, std::uint64_t> taken_back{};
  std::uint64_t open_undo{0};  ///< was at work about it when this was read; 0: none was
};

/// What one step of an ended run leaves to be undone.
struct UndoPart {
  enum class Kind : std::uint8_t {
    nothing,  ///< it changed nothing that is there; `why`: since another undo has taken it back
    resource,
    errand,  ///< a program or a call, by what the step declares as its `undo`
    stays,   ///< it did something, and nothing takes that back: `why`
  };
  Kind kind{Kind::nothing};
  std::string why{};
};

/// An undo has done what a step declares as its `undo`. Of resources nobody has to remember it: they are read.
[[nodiscard]] bool took_something_back(const Run& undo);

/// What `undo`, which has ended and did not take back all, has taken back. The one before it; 0: there was none.
[[nodiscard]] std::uint64_t add_taken_back(UndoSource& source, const Run& undo);

/// `step`: an index of `source.run.steps`.
[[nodiscard]] UndoPart undo_part(const UndoSource& source, std::size_t step);

/// Why nothing of it is undone, whatever its resources read as now; nullopt: nothing speaks against it. `partial`:
/// what has no inverse may stay.
[[nodiscard]] std::optional<Error> undo_refusal(const UndoSource& source, bool partial);

/// The fields in which a resource has to be as the change left it: those that its plan names, and those it changed.
[[nodiscard]] std::vector<std::string> undo_compares(const Plan& made);

/// What leads from `now` back to what was before `made`, in the fields that `made` changed; empty: it reads as before
/// already. Errc::conflict: it reads neither as `made` left it nor as before; says what differs, without values.
[[nodiscard]] Result<Plan> inverse_of(const Plan& made, const State& now);

}  // namespace aright::engine
