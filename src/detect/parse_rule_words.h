// Our own words about a published rule: a control file with `sigma:`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "model/control.h"

namespace aright::detect {

struct RuleWords {
  std::string name;                  ///< of the control
  std::string rule;                  ///< what it calls the rule: its id, its name, or the name it has as a control
  std::optional<std::string> title;  ///< nullopt, here and below: as the rule says
  std::optional<Level> severity;
  std::vector<std::string> tags;  ///< beside the rule's
  std::optional<std::chrono::nanoseconds> resolve_after;
  std::optional<std::chrono::nanoseconds> hold_time;
  Position at;
};

/// nullopt after reporting every mistake to `out`. Pure.
[[nodiscard]] std::optional<RuleWords> parse_rule_words(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::detect
