// What to try when a start is refused.
#pragma once

#include "base/result.h"

namespace aright::daemon {

/// The error of opening the state folder, with what a person can do about it. Pure.
[[nodiscard]] Error state_folder_error(Error error);

/// Any error of the start; with what can be done where stored data is damaged. Pure.
[[nodiscard]] Error start_error(Error error);

}  // namespace aright::daemon
