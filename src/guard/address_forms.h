// Other ways to write an address, which programs on this machine take as well.
#pragma once

#include <string_view>
#include <vector>

#include "guard/address_set.h"

namespace aright::guard {

/// What a whole text, an element of a list, or what stands in it behind "=", "@", "://" or the letter of an option,
/// names by inet_aton(3) (one to four parts, decimal, octal or hexadecimal: "127.1", "0x7f000001", "2130706433"), also
/// with a length, a mask or "-" to another one; as a short network ("0/0", "10/8", "192.0.", "192.0.*"); as all but
/// one ("!192.0.2.7"); as a word for every address ("any"); or as a name of the loopback ("localhost"). Not a lone
/// number below 2^24: those are numbers, but for a zero that stands for a host: behind "://" and "@", with a port
/// ("0:22"), and behind "=" where the word before that is one for an address ("--dst=0"). Plain addresses are not among
/// them. Pure.
[[nodiscard]] std::vector<AddressSet> other_forms_in(std::string_view text);

/// A zero with a port, "0:22" or "0x0:22/x". Not "00:22", "0:05" and "0:22:10", which are times, nor "0:0", which is an
/// owner and his group. Pure.
[[nodiscard]] bool is_zero_with_port(std::string_view text);

/// "any" and its like, in any case. Pure.
[[nodiscard]] bool is_word_for_all(std::string_view text);

/// "localhost" and its like, a dot at the end or not. Pure.
[[nodiscard]] bool is_loopback_name(std::string_view text);

}  // namespace aright::guard
