#include "model/resource.h"

#include "base/digest.h"

namespace aright {

bool satisfies(const State& state, const Json& desired) {
  for (const auto& [key, value] : desired.items()) {
    const auto found = state.fields.find(key);
    if (found == state.fields.end() || *found != value) return false;
  }
  return true;
}

Json difference(const State& before, const State& after) {
  Json patch = Json::diff(before.fields, after.fields);
  if (!before.sensitive && !after.sensitive) return patch;
  for (Json& change : patch) {
    const auto& path = change.at("path").get_ref<const std::string&>();
    const bool secret = path.starts_with("/content") || path.starts_with("/attributes");
    if (secret && change.contains("value")) change["value"] = nullptr;
  }
  return patch;
}

Result<Blob> seal(const State& state, const Digest& salt) {
  auto bytes = canonical_json(state.fields);
  if (!bytes) return std::unexpected(bytes.error());
  Blob blob;
  blob.salt = as_text(salt);
  blob.commitment = {hex(hmac_sha256(blob.salt, *bytes)), bytes->size()};
  blob.bytes = std::move(*bytes);
  blob.sensitive = state.sensitive;
  return blob;
}

}  // namespace aright
