// No bytes make a checkpoint of a key that did not sign them, and none crash the parser.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = aright::audit::SigningKey::from_seed(std::string(32, 'f'));
  static const auto verifier = aright::audit::VerifyKey::make("fuzz", key->public_key());
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (aright::audit::open_checkpoint(text, verifier)) std::abort();
  static_cast<void>(aright::audit::VerifyKey::parse(text));
  return 0;
}
