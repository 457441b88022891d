// A configuration folder → a checked Config, or every mistake in it at once. DESIGN §4.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "model/workflow.h"

namespace aright::cli {

struct ConfigOptions {
  std::string root;                          ///< for relative paths; wins over aright.yaml. Empty: as aright.yaml says
  std::vector<std::string> protected_paths;  ///< as `protected_paths` gives them
};

struct LoadedConfig {
  Config config;       ///< meaningful only without errors
  std::string listen;  ///< from aright.yaml; may be empty
  Diagnostics diagnostics;
};

/// `path` without links, as far as it exists; as it is when that cannot be told.
[[nodiscard]] std::string absolute(const std::string& path);

/// What no workflow may change: the state folder, this program and the configuration folder, as ids of files.
[[nodiscard]] std::vector<std::string> protected_paths(const std::string& state, const std::string& config);

/// Reads aright.yaml, controls/*.yaml, workflows/*.yaml. Never fails otherwise than by diagnostics.
[[nodiscard]] LoadedConfig load_config_folder(const std::string& folder, const ConfigOptions& options);

}  // namespace aright::cli
