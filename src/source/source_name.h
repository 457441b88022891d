// The name every file of sources/ begins with.
#pragma once

#include <string>

#include "base/yaml.h"

namespace aright::source {

/// `source:`, [a-z0-9-]{1,64}; anything else is reported.
[[nodiscard]] std::string take_source_name(yaml::Fields& in);

}  // namespace aright::source
