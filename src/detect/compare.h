// State against desired state: which fields are not as they should be. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace aright::detect {

/// Names of the desired fields that `state` does not have or has otherwise, in key order; {"exists"} alone when it is
/// absent but should be there or the reverse. Empty: compliant.
[[nodiscard]] std::vector<std::string> differing_fields(const Json& desired, const Json& state);

}  // namespace aright::detect
