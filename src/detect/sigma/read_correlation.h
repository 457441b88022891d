// `correlation:` → Correlation.
#pragma once

#include <optional>

#include "base/yaml.h"
#include "detect/sigma/correlation.h"

namespace aright::detect::sigma {

/// `document` is a map with a key `correlation`. nullopt after reporting every mistake to `out`. Pure.
[[nodiscard]] std::optional<Correlation> read_correlation(const yaml::Node& document, Diagnostics& out);

}  // namespace aright::detect::sigma
