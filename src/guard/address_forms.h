// Other ways to write an address, which programs on this machine take as well.
#pragma once

#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace aright::guard {

/// What a whole text, or what stands in it behind "=", "@" or "://", names by inet_aton(3) (one to four parts, decimal,
/// octal or hexadecimal: "127.1", "0x7f000001", "2130706433"), as a short network ("0/0", "10/8") or as a name of the
/// loopback ("localhost"). Not a lone number below 2^24: those are numbers. Plain addresses are not among them. Pure.
[[nodiscard]] std::vector<Cidr> other_forms_in(std::string_view text);

/// "localhost" and its like, a dot at the end or not. Pure.
[[nodiscard]] bool is_loopback_name(std::string_view text);

}  // namespace aright::guard
