// From a host's name to its addresses, once, and not for longer than there is time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"

namespace aright::http {

/// Any thread. Errc::not_found: there is no such name; unavailable (retry): the resolver does not say, or not within
/// the time.
using Resolve = std::function<Result<std::vector<Ip>>(const std::string& host, Nanos limit)>;

/// Asks the system (getaddrinfo). A question that outlasts its limit goes on in a thread of its own until the system
/// gives up; of those there are at most 16, then new ones are refused.
[[nodiscard]] Result<std::vector<Ip>> resolve_by_system(const std::string& host, Nanos limit);

}  // namespace aright::http
