// Whatever text is filled in: what is found in it has a spelling of its own, and where not all is known no text with an
// address in it goes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "guard/targets.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

bool is_held(const std::string& text, const Surroundings& around) {
  const std::vector<std::string> texts{text};
  return std::holds_alternative<guard::Hold>(guard::protected_address(texts, around));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto found = guard::addresses_in(text);
  for (const std::string& one : found) demand(!one.empty());
  demand(is_held(text, {{}, "no /proc"}) == !found.empty());
  if (is_held(text, {})) demand(is_held(text, {{{"192.0.2.7", "an address of eth0"}}, {}}));
  return 0;
}
