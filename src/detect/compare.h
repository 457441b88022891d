// State against desired state: which fields are not as they should be. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace aright::detect {

/// Names of the desired fields that `state` does not have or has otherwise, in key order; {"exists"} alone when it is
/// absent but should be there or the reverse; nothing when it is absent and `desired` leaves that open. Keys wanted in
/// a text ("keys", model/key_wish.h) are looked up in its content and named "keys.NAME". Empty: compliant.
[[nodiscard]] std::vector<std::string> differing_fields(const Json& desired, const Json& state);

/// Whether `state` is as `desired` in the fields of these names (those `desired` has), and there or not as `desired`
/// says: `differing_fields` of that part of it is empty, without making it. No name is "keys".
[[nodiscard]] bool is_as_desired(const Json& desired, std::span<const std::string> names, const Json& state);

/// No state can be as both want it.
[[nodiscard]] bool contradict(const Json& desired, const Json& other);

}  // namespace aright::detect
