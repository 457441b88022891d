// Pauses as they are told.
#pragma once

#include "base/json.h"
#include "engine/operators.h"

namespace aright::api {

/// Those on record: [{"pause": 3, "scope": "workflow fix", "reason": …, "by": …, "since": …}].
[[nodiscard]] Json pauses_json(const engine::Status& status);
/// What is held back at this moment, on record or not yet: ["everything"].
[[nodiscard]] Json held_back_json(const engine::Status& status);

}  // namespace aright::api
