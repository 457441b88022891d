// Which of Sigma's log sources a record of a known kind belongs to, and what its fields are called there.
#pragma once

#include "base/json.h"
#include "detect/sigma/event.h"

namespace aright::detect::sigma {

/// The log sources that `record` states itself (texts `category`, `product`, `service`; one if any is there) and, for a
/// record of the Windows event log (`Channel` and `EventID` beside each other), those that Sigma's taxonomy gives its
/// channel and number: Sysmon's 13 is a `registry_set` and a `registry_event`. Empty: no rule applies to it. Pure.
[[nodiscard]] LogSources log_sources_of(const Json& record);

/// Other names of fields: the Security log's 4688 calls `NewProcessName` what rules call `Image`. Pure.
[[nodiscard]] FieldAliases field_aliases_of(const Json& record);

}  // namespace aright::detect::sigma
