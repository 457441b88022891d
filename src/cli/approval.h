// What comes of a yes: said only when it is known.
#pragma once

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "cli/session.h"

namespace aright::cli {

/// Of a yes that was taken, and whose run does not go on by it.
inline constexpr int does_not_go_on = 3;

struct Approval {
  Json answer;  ///< of the daemon, with what is known by now: "state" of the run, "note", "asked_again" the review it
                ///< is asked anew in, "asks" the one that it has gone on to
  int code{0};  ///< 0: it goes on, or more people are asked; else `does_not_go_on`
};

/// Looks at the run until it has been planned anew; not for longer than two seconds.
[[nodiscard]] Approval what_came_of(const Session& session, Json answer);

}  // namespace aright::cli
