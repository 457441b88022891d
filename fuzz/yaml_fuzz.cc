// Any bytes end in a tree or in diagnostics.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aright::Diagnostics out;
  const auto node = aright::yaml::parse({reinterpret_cast<const char*>(data), size}, "fuzz", out);
  if (!node && !has_errors(out)) std::abort();
  return 0;
}
