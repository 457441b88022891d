// `aright.yaml`: what is said about the node itself.
#pragma once

#include <string>

#include "base/yaml.h"
#include "cli/config_folder.h"

namespace aright::cli {

/// Takes what the file says into `into` and reports every mistake there. Returns `root`, the base of relative paths, as
/// it is written, or nothing.
[[nodiscard]] std::string parse_node(const yaml::Node& node, LoadedConfig& into);

}  // namespace aright::cli
