// When people have last looked at definitions, as a state folder or a daemon has it on record.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/age_warnings.h"

namespace aright::cli {

/// As the log in the folder `state` says, whether its daemon runs or not. Empty: there is none, or nobody can read it.
[[nodiscard]] LookedAt looked_at_in(const std::string& state);

/// As a daemon tells of its definitions, `looked_at` of each of `controls` and `workflows`.
[[nodiscard]] LookedAt looked_at_of(const Json& definitions);

}  // namespace aright::cli
