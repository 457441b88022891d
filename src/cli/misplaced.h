// A definition in the folder of another kind.
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "base/yaml.h"

namespace aright::cli {

/// Of a file of folder `kind` ("controls", "workflows", "sources"): it is a definition of another kind, which is
/// reported with the folder it belongs into.
[[nodiscard]] bool misplaced(const yaml::Node& node, const std::string& kind, Diagnostics& out);

}  // namespace aright::cli
