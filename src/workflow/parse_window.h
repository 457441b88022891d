// Guard `window`: when runs may be admitted.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/guards.h"

namespace aright::workflow {

/// nullopt after reporting every mistake. Reads the time zone's file, to see that there is one.
[[nodiscard]] std::optional<TimeWindow> parse_window(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::workflow
