#include "audit/verifier.h"

#include <fmt/format.h>

namespace aright::audit {

Result<Done> LogVerifier::add(std::uint64_t seq, std::string_view bytes, const Digest& stored_leaf) {
  if (seq != tree_.size()) {
    return fail(Errc::corrupt, fmt::format("entry {}: missing (the next one stored is {})", tree_.size(), seq));
  }
  const Digest leaf = leaf_hash(bytes);
  if (leaf != stored_leaf)
    return fail(Errc::corrupt, fmt::format("entry {}: its bytes are not what was recorded", seq));
  tree_.append(leaf);
  return Done{};
}

Result<Done> LogVerifier::checkpoint(std::uint64_t size, std::string_view note) {
  const auto wrong = [&](const std::string& why) {
    return fail(Errc::corrupt, fmt::format("checkpoint at {}: {}", size, why));
  };
  const auto body = open_checkpoint(note, key_);
  if (!body) return wrong(body.error().message);
  if (body->origin != origin_) return wrong("it is for the log " + body->origin);
  if (body->size != size || size != tree_.size()) return wrong(fmt::format("it is for {} entries", body->size));
  if (body->root != tree_.root()) return wrong("the entries lead to another root than was signed");
  return Done{};
}

}  // namespace aright::audit
