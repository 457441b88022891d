// A configuration folder → a checked Config, or every mistake in it at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "detect/sigma/rule_set.h"
#include "model/workflow.h"
#include "source/tail/tail_definition.h"
#include "source/webhook/webhook_definition.h"

namespace aright::cli {

struct ConfigOptions {
  std::string root;                          ///< for relative paths; wins over aright.yaml. Empty: as aright.yaml says
  std::vector<std::string> protected_paths;  ///< as `protected_paths` gives them
};

struct LoadedConfig {
  Config config;                                        ///< meaningful only without errors
  std::string listen;                                   ///< from aright.yaml; may be empty
  std::vector<source::TailDefinition> tails;            ///< sources/
  std::vector<source::WebhookDefinition> webhooks;      ///< sources/
  std::shared_ptr<const detect::sigma::RuleSet> rules;  ///< of the controls of kind sigma; none: there are none
  Diagnostics diagnostics;
};

/// `path` without links, as far as it exists; as it is when that cannot be told.
[[nodiscard]] std::string absolute(const std::string& path);

/// What no workflow may change: the state folder, this program and the configuration folder, as ids of files.
[[nodiscard]] std::vector<std::string> protected_paths(const std::string& state, const std::string& config);

/// Reports a state folder that is the configuration folder or lies in it: whoever writes one must not write the other.
void check_apart(const std::string& state, const std::string& config, Diagnostics& out);

/// Reads aright.yaml, sources/*.yaml, controls/*.yaml (published Sigma files also in folders below it) and
/// workflows/*.yaml. Never fails otherwise than by diagnostics.
[[nodiscard]] LoadedConfig load_config_folder(const std::string& folder, const ConfigOptions& options);

}  // namespace aright::cli
