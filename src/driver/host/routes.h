// Gateways, as the kernel's routing tables have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/port/surroundings.h"

namespace aright::driver {

/// Of all tables: those of default routes, and of routes so wide that they are one between them (0.0.0.0/1 and
/// 128.0.0.0/1 of a VPN, 2000::/3); every next hop of each. Not an error: no route. Bounded in time and in routes
/// looked at.
[[nodiscard]] Result<std::vector<KnownAddress>> default_gateways();

/// Of messages of the kernel, RTM_NEWROUTE among them. What is no message, or is cut off, is passed over. Pure.
[[nodiscard]] std::vector<KnownAddress> gateways_of(std::string_view messages);

}  // namespace aright::driver
