// A control of kind alert as written in YAML → Control.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "model/control.h"

namespace aright::detect {

/// A control file with `alert:`. nullopt after reporting every mistake to `out`. Whether its sources exist is the
/// caller's question. Pure.
[[nodiscard]] std::optional<Control> parse_alert(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::detect
