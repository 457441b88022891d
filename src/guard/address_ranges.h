// Sets of addresses that are written as more than one address: by masks, ranges and wild cards.
#pragma once

#include <string_view>
#include <vector>

#include "guard/address_set.h"

namespace aright::guard {

/// What stands anywhere in `text`, as packet filters, scanners and registries write it: "192.0.2.0/255.255.255.0", also
/// with a blank between, masks with holes and those of routers that are turned round ("0.0.0.255"),
/// "192.0.2.1-192.0.2.9", "192.0.2.1-3.9", "192.0.2.1-9", "192.0-5.2.*"; numbers that begin with 0, which some programs
/// read as octal, in both readings; of IPv6 masks, ranges and what is written with dots. Addresses and networks in
/// their common spelling are not among them. Pure.
[[nodiscard]] std::vector<AddressSet> ranges_in(std::string_view text);

}  // namespace aright::guard
