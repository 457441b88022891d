// What rules and correlations say about themselves → Header.
#pragma once

#include "base/yaml.h"
#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

/// Reports every mistake; what is returned is of use only when there was none. Pure.
[[nodiscard]] Header read_header(yaml::Fields& in);

}  // namespace aright::detect::sigma
