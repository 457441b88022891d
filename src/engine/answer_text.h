// What `explain` says of the answer that a workflow has given to a finding, and of when it tries again. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "engine/guarding.h"
#include "model/control.h"

namespace aright::engine {

/// A run's last state as `LastAnswer` has it, in the words of runs.
[[nodiscard]] std::string_view ended_word(std::string_view ended);

/// Why what its last run came to is the answer, and for how long.
[[nodiscard]] std::string is_answered(std::string_view ended, const Control& control);

/// Of one whose run has ended and left its finding open, and is to be tried again after `wait`; `stop`: why nothing of
/// it would begin now.
[[nodiscard]] std::string is_tried_again(const Guarding& guarding, const Candidate& candidate, const Now& now,
                                         Nanos wait, const std::string& stop);

/// Of a step `approve`, whose no outlives the finding that it was about.
[[nodiscard]] std::string refusal_told(const LastAnswer& last);

}  // namespace aright::engine
