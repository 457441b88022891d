// State against desired state: which fields are not as they should be. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace aright::detect {

/// Names of the desired fields that `state` does not have or has otherwise, in key order; {"exists"} alone when it is
/// absent but should be there or the reverse; nothing when it is absent and `desired` leaves that open. Keys wanted in
/// a text ("keys", model/key_wish.h) are looked up in its content and named "keys.NAME". Empty: compliant.
[[nodiscard]] std::vector<std::string> differing_fields(const Json& desired, const Json& state);

/// No state can be as both want it.
[[nodiscard]] bool contradict(const Json& desired, const Json& other);

}  // namespace aright::detect
