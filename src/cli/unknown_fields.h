// Fields that no source of a rule's events can give: where all that these have is known.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "cli/config_folder.h"
#include "detect/sigma/rule_set.h"
#include "model/workflow.h"
#include "source/tail/tail_definition.h"
#include "source/webhook/webhook_definition.h"

namespace aright::cli {

/// At most so many are told one by one.
inline constexpr std::size_t unknown_fields_told_max = 20;

/// A warning for each field that a rule looks at, or a correlation groups by, and that no event of its log source can
/// have, with the nearest that is known. None where a source of JSON may bring such events: nobody knows its fields.
/// Pure.
void warn_of_unknown_fields(const detect::sigma::RuleSet& rules, const std::vector<source::TailDefinition>& tails,
                            const std::vector<source::WebhookDefinition>& webhooks, Diagnostics& out);

/// The same for `${ event.FIELD }` in a workflow, written in `node`, that answers rules only.
void warn_of_unknown_event_fields(const Workflow& workflow, const yaml::Node& node, const LoadedConfig& loaded,
                                  Diagnostics& out);

}  // namespace aright::cli
