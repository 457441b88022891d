// Published Sigma files → rules and correlations.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "detect/sigma/correlation.h"
#include "detect/sigma/rule.h"

namespace aright::detect::sigma {

using Document = std::variant<Rule, Correlation>;

/// Reads one file of the Sigma specification 2.1.0: UTF-8 YAML, one or more documents, the limits of base/yaml.h.
/// `file` goes into positions. Every mistake is appended to `out`, all of them at once; a document with an error is
/// left out and the others are returned. What is known but not built (filters, other correlations than event_count,
/// `expand`, date modifiers, the old counting form) is an error by name. Keys that the specification does not know are
/// allowed at the top and in `logsource`, and nowhere else. Pure.
[[nodiscard]] std::vector<Document> read_rules(std::string_view text, const std::string& file, Diagnostics& out);

}  // namespace aright::detect::sigma
