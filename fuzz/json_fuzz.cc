// What is accepted as JSON and can be written is read again as the same; both readers read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json.h"
#include "base/json_quick.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto value = aright::parse_strictly(input, aright::json_depth_max);
  for (const std::size_t depth : {aright::json_depth_max, aright::own_json_depth_max}) {
    const auto strict = aright::parse_strictly(input, depth);
    if (const auto quick = aright::parse_quickly(input, depth)) {
      if (!strict || aright::Json::to_cbor(*quick) != aright::Json::to_cbor(*strict)) std::abort();
    }
    if (value && (!strict || *strict != *value)) std::abort();  // what an event may hold a document of ours may
  }
  if (!value) return 0;
  const auto text = aright::canonical_json(*value);
  if (!text) return 0;
  const auto again = aright::parse_json(*text);
  if (!again || *again != *value) std::abort();
  return 0;
}
