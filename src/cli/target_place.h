// Where a configuration file names the resource it is about.
#pragma once

#include <string>

#include "base/yaml.h"

namespace aright::cli {

/// The place of `text`, a path or folder, in a control's document (its `watch` or `check`) or a step (its `ensure`).
/// Where it is written otherwise (relative to a root, by a pattern), of the first path or folder there, else of `from`.
[[nodiscard]] Position target_place(const yaml::Node& from, const std::string& text);

}  // namespace aright::cli
