// What of a plan no workflow may name, whoever approves: addresses (docs/decisions/0075), and what is Aright's own
// (0146).
#pragma once

#include <string>

#include "engine/perform.h"

namespace aright::engine {

/// In words; empty: nothing such. The machine is looked at only where something is named.
[[nodiscard]] std::string protected_target(const Hands& hands, const DoErrandPlan& work, const ErrandPlan& plan);
/// The same of a desired state that was filled in: an address that neither the file had nor the author wrote.
[[nodiscard]] std::string protected_target(const Hands& hands, const Desired& desired, const Plan& plan);
/// The same of a resource that is to be changed, under whatever name.
[[nodiscard]] std::string protected_target(const Hands& hands, const ResourceId& resource);

}  // namespace aright::engine
