// Checks a whole log, entry by entry, and says where it is wrong. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "audit/merkle.h"

namespace aright::audit {

class LogVerifier {
 public:
  LogVerifier(VerifyKey key, std::string origin) : key_(std::move(key)), origin_(std::move(origin)) {}
  /// The next entry. Errc::corrupt "entry N: …": out of sequence, or its bytes are not what the leaf says.
  Result<Done> add(std::uint64_t seq, std::string_view bytes, const Digest& stored_leaf);
  /// A stored checkpoint, when `size()` entries have been added. Errc::corrupt "checkpoint at N: …".
  Result<Done> checkpoint(std::uint64_t size, std::string_view note);
  [[nodiscard]] std::uint64_t size() const { return tree_.size(); }
  [[nodiscard]] const Frontier& tree() const { return tree_; }

 private:
  VerifyKey key_;
  std::string origin_;
  Frontier tree_;
};

}  // namespace aright::audit
