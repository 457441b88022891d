// Sources as people see them: what the engine has stored of them, and what the daemon knows of those in force.
#pragma once

#include "base/json.h"

namespace aright::api {

/// `stored`: as Operators::intakes; `in_force`: as SourceView. One item a source, those not configured any more last.
/// `whole`: with the malformed records that are kept. Pure.
[[nodiscard]] Json sources_json(const Json& stored, const Json& in_force, bool whole);

}  // namespace aright::api
