// A configuration folder → a checked Config, or every mistake in it at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/secret_source.h"
#include "cli/age_warnings.h"
#include "cli/witness_place.h"
#include "detect/sigma/rule_set.h"
#include "engine/version_tests.h"
#include "http/destination.h"
#include "model/notifier.h"
#include "model/retention.h"
#include "model/workflow.h"
#include "source/tail/tail_definition.h"
#include "source/webhook/webhook_definition.h"

namespace aright::cli {

struct ConfigOptions {
  std::string root;                          ///< for relative paths; wins over aright.yaml. Empty: as aright.yaml says
  std::vector<std::string> protected_paths;  ///< as `protected_paths` gives them
  bool looks_at_secrets{true};               ///< whether they can be read is a part of being right
  /// Asked at most once. None: only files say when they were changed.
  std::function<LookedAt()> looked_at{};
  /// What it is that everybody may change the configuration: a mistake for whoever acts by it.
  Severity open_to_change{Severity::warning};
};

struct LoadedConfig {
  Config config;                                         ///< meaningful only without errors
  std::string root;                                      ///< where relative paths begin; empty: nowhere
  std::string listen;                                    ///< from aright.yaml; may be empty
  std::string socket_group;                              ///< whose members may ask, too; empty: nobody else
  std::map<std::string, Position> budget_places;         ///< of the shared budgets there, by name
  std::map<std::string, Position> workflow_places;       ///< where each is defined, by name
  http::Destinations destinations;                       ///< from aright.yaml; none: no server may be called
  std::vector<WitnessPlace> witnesses;                   ///< from aright.yaml
  std::vector<NotifierDefinition> notifiers;             ///< from aright.yaml
  Retention retention;                                   ///< from aright.yaml
  engine::TestsRule tests{engine::TestsRule::required};  ///< from aright.yaml
  SecretSources secrets;                                 ///< from aright.yaml, by name
  std::vector<source::TailDefinition> tails;             ///< sources/
  std::vector<source::WebhookDefinition> webhooks;       ///< sources/
  std::shared_ptr<const detect::sigma::RuleSet> rules;   ///< of the controls of kind sigma; none: there are none
  Origin origin;                                         ///< of aright.yaml
  bool listed{true};                                     ///< false: there is no such folder, or it cannot be read
  Diagnostics diagnostics;
};

/// Reads aright.yaml, sources/*.yaml, controls/*.yaml (published Sigma files also in folders below it) and
/// workflows/*.yaml. Never fails otherwise than by diagnostics.
[[nodiscard]] LoadedConfig load_config_folder(const std::string& folder, const ConfigOptions& options);

}  // namespace aright::cli
