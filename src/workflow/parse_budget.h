// A budget, as a workflow has one of its own and as aright.yaml has those that several share.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/guards.h"

namespace aright::workflow {

/// nullopt after reporting every mistake.
[[nodiscard]] std::optional<Budget> parse_budget(const yaml::Node& node, Diagnostics& out);

/// "5%": 1 to 100. nullopt after reporting.
[[nodiscard]] std::optional<std::uint32_t> parse_percent(yaml::Fields& in, const char* key);

/// A time that guards look back over: 1s to 7d, and it must be there. nullopt after reporting.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_within(yaml::Fields& in);

}  // namespace aright::workflow
