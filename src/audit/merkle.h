// The Merkle tree of RFC 6962 §2.1 with SHA-256. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace aright::audit {

[[nodiscard]] Digest leaf_hash(std::string_view bytes);                   ///< SHA-256(0x00 || bytes)
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);  ///< SHA-256(0x01 || left || right)
[[nodiscard]] Digest empty_root();                                        ///< SHA-256("")

/// The right edge of a growing tree: appends in O(log n) without the leaves.
class Frontier {
 public:
  Frontier() = default;
  /// `edge`: roots of the perfect subtrees, largest first. Errc::corrupt unless there is one per bit set in `size`.
  static Result<Frontier> from(std::uint64_t size, std::vector<Digest> edge);
  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;
  [[nodiscard]] const std::vector<Digest>& edge() const { return edge_; }

 private:
  std::uint64_t size_{0};
  std::vector<Digest> edge_;
};

/// MTH over the leaf hashes.
[[nodiscard]] Digest root_of(std::span<const Digest> leaves);
/// PATH(index, leaves): RFC 6962 §2.1.1. `index` < leaves.size().
[[nodiscard]] std::vector<Digest> inclusion_proof(std::span<const Digest> leaves, std::uint64_t index);
/// A subtree: its leaves, one after the other.
struct LeafRange {
  std::uint64_t first{0};
  std::uint64_t count{0};
};
/// Whose roots PROOF(old_size, D[size]) is made of, in its order: RFC 6962 §2.1.2. 0 < old_size <= size.
[[nodiscard]] std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size);
/// PROOF(old_size, leaves): RFC 6962 §2.1.2. 0 < old_size <= leaves.size().
[[nodiscard]] std::vector<Digest> consistency_proof(std::span<const Digest> leaves, std::uint64_t old_size);

/// Errc::invalid says why the proof proves nothing.
[[nodiscard]] Result<Done> verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                            std::span<const Digest> proof, const Digest& root);
/// A consistency proof from size 0 is refused: it would prove nothing.
[[nodiscard]] Result<Done> verify_consistency(std::uint64_t size1, std::uint64_t size2, const Digest& root1,
                                              const Digest& root2, std::span<const Digest> proof);

}  // namespace aright::audit
