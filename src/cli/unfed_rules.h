// Rules that no source of the configuration brings an event for.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "detect/sigma/rule_set.h"
#include "source/tail/tail_definition.h"
#include "source/webhook/webhook_definition.h"

namespace aright::cli {

/// Whether `source` may bring events that a rule for `wanted` sees. Pure.
[[nodiscard]] bool is_brought(const detect::sigma::LogSource& wanted, const std::string& source,
                              const std::vector<source::TailDefinition>& tails,
                              const std::vector<source::WebhookDefinition>& webhooks);

/// At most so many log sources are told one by one.
inline constexpr std::size_t unfed_told_max = 10;

/// One warning for each log source that rules are for and no source brings, at the first of its rules, with the nearest
/// that is brought. None without any source, and none where events may say themselves what they are: those of JSON of a
/// source that states no `log_source`, and what Sigma's taxonomy gives records of Windows. Pure.
void warn_of_unfed_rules(const detect::sigma::RuleSet& rules, const std::vector<source::TailDefinition>& tails,
                         const std::vector<source::WebhookDefinition>& webhooks, Diagnostics& out);

}  // namespace aright::cli
