// A folder of published Sigma rules and controls of kind alert → ready for events.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "detect/sigma/rule_set.h"
#include "model/control.h"

namespace aright::cli {

/// Paths of *.yml and *.yaml in `folder` and below, relative to it, sorted; links are not followed. Errors: not_found,
/// denied, of the folder itself.
[[nodiscard]] Result<std::vector<std::string>> yaml_files(const std::string& folder);

struct RuleFolder {
  std::shared_ptr<const detect::sigma::RuleSet> rules;
  std::map<const detect::sigma::Header*, Control> controls;  ///< of `rules`, each as our own words about it say
  std::vector<Control> alerts;                               ///< of kind alert
  std::size_t files{0};
  std::size_t mistaken{0};  ///< files with a mistake: what it does not concern is loaded all the same
  std::size_t others{0};    ///< files that hold a control of our own that sees no events
  Diagnostics diagnostics;  ///< positions are relative to the folder
};

/// *.yml and *.yaml in `folder` and below, in the order of their names; links are not followed. Controls of ours that
/// find in no events are passed over. Errors: not_found, denied, of the folder itself; what is wrong inside is a
/// diagnostic, and the rest is loaded.
[[nodiscard]] Result<RuleFolder> read_rule_folder(const std::string& folder);

}  // namespace aright::cli
