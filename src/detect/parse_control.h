// A control as written in YAML → Control.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/control.h"
#include "model/definition_context.h"

namespace aright::detect {

/// nullopt after reporting every mistake to `out`. Pure apart from what `context` does.
[[nodiscard]] std::optional<Control> parse_control(const yaml::Node& node, const DefinitionContext& context,
                                                   Diagnostics& out);

}  // namespace aright::detect
