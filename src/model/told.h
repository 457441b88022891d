// What an entry tells of content in public, for good: values of a difference, what was asked for, what people were
// told, how an alert worded itself. Where somebody has erased that content, nobody is shown it (docs/decisions/0195).
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace aright {

/// In its place.
inline constexpr std::string_view erased_word = "erased";

/// The entry has a value of it; a difference that keeps its values back has none. Pure; any thread.
[[nodiscard]] bool tells(const Json& entry);

/// Takes all of that out; what it is about, names and numbers stay. Of any entry, and of a plan, a run's step, a
/// finding or a notification by itself.
void hide_told(Json& told);

/// Whether what `step` of a run, or a plan in an entry, was about has been erased.
using IsErased = std::function<Result<bool>(const Json& step)>;

/// Of an entry of `run` (as rows have it): hides what is erased in it. `subject_erased`: the contents of the run's own
/// subject have been, since it began. A message may tell of all its steps; other entries tell of their own.
/// Errors of `is_erased`.
[[nodiscard]] Result<Done> hide_erased(const Json& run, bool subject_erased, const IsErased& is_erased, Json& entry);

}  // namespace aright
