// Protected targets: addresses that no workflow may name to a program, whoever approves.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/guard.h"
#include "model/port/surroundings.h"

namespace aright::guard {

/// The addresses and networks that stand in `text`, alone or among other things ("--from=192.0.2.7:22"), in one
/// spelling, each once.
[[nodiscard]] std::vector<std::string> addresses_in(std::string_view text);

/// Held when an address that stands in one of `texts` is protected, or lies in a network that is, or when a network
/// holds one that is. Protected are loopback, the unspecified addresses and what `around` knows. Where that is not all
/// there is, every address is held: nobody knows.
[[nodiscard]] Verdict protected_address(std::span<const std::string> texts, const Surroundings& around);

}  // namespace aright::guard
