// Whatever stands in the system's files about the network: each address that is taken from a table or a login is one.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ip_address.h"
#include "driver/host/host_surroundings.h"
#include "driver/host/routes.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

/// One that is mapped into IPv6 is written with dots, which nobody may write to us.
void are_addresses(const std::vector<KnownAddress>& list) {
  for (const auto& [address, what] : list) {
    demand(parse_ip(address).has_value() || (address.contains(':') && address.contains('.')));
    demand(!what.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  are_addresses(driver::gateways_of(bytes));
  are_addresses(driver::session_host(bytes));
  are_addresses(driver::logins(bytes));
  for (const KnownAddress& resolver : driver::resolvers(bytes)) demand(!resolver.address.contains('%'));
  return 0;
}
