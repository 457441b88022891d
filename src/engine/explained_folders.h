// What `explain` says of a folder that a control looks into, and of the list of what is in it. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "engine/core.h"

namespace aright::engine {

/// Of "list of control NAME", as `status` names what it cannot read; nullopt: there is no such control in `core`.
[[nodiscard]] std::optional<Json> explained_list(const Core& core, const std::string& subject, WallTime now);

/// Of a folder that controls look into, and that none looks at itself; empty: there is none.
[[nodiscard]] std::string looked_into(const Config& config, const std::string& subject);

}  // namespace aright::engine
