#include "audit/merkle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/digest.h"

namespace aright::audit {

namespace {

constexpr std::string_view leaf_prefix("\0", 1);
constexpr std::string_view node_prefix("\1", 1);

/// The largest power of two smaller than `size` (size > 1).
std::uint64_t split(std::uint64_t size) { return std::bit_floor(size - 1); }

std::unexpected<Error> refuse(std::string why) { return fail(Errc::invalid, std::move(why)); }

}  // namespace

Digest leaf_hash(std::string_view bytes) { return sha256({leaf_prefix, bytes}); }

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({node_prefix, as_text(left), as_text(right)});
}

Digest empty_root() { return sha256(""); }

Result<Frontier> Frontier::from(std::uint64_t size, std::vector<Digest> edge) {
  if (static_cast<std::size_t>(std::popcount(size)) != edge.size()) {
    return fail(Errc::corrupt,
                fmt::format("a tree of {} leaves has {} edge nodes, not {}", size, std::popcount(size), edge.size()));
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.edge_ = std::move(edge);
  return frontier;
}

void Frontier::append(const Digest& leaf) {
  Digest node = leaf;
  for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
    node = node_hash(edge_.back(), node);
    edge_.pop_back();
  }
  edge_.push_back(node);
  ++size_;
}

Digest Frontier::root() const {
  if (edge_.empty()) return empty_root();
  Digest root = edge_.back();
  for (std::size_t i = edge_.size() - 1; i-- > 0;) root = node_hash(edge_[i], root);
  return root;
}

Digest root_of(std::span<const Digest> leaves) {
  Frontier frontier;
  for (const Digest& leaf : leaves) frontier.append(leaf);
  return frontier.root();
}

std::vector<Digest> inclusion_proof(std::span<const Digest> leaves, std::uint64_t index) {
  std::vector<Digest> proof;
  while (leaves.size() > 1) {
    const std::uint64_t k = split(leaves.size());
    if (index < k) {
      proof.push_back(root_of(leaves.subspan(k)));
      leaves = leaves.first(k);
    } else {
      proof.push_back(root_of(leaves.first(k)));
      leaves = leaves.subspan(k);
      index -= k;
    }
  }
  return {proof.rbegin(), proof.rend()};
}

std::vector<LeafRange> consistency_ranges(std::uint64_t old_size, std::uint64_t size) {
  std::vector<LeafRange> ranges;
  LeafRange at{0, size};  // the subtree in which the old tree ends
  while (old_size != at.count) {
    const std::uint64_t k = split(at.count);
    if (old_size <= k) {
      ranges.push_back({at.first + k, at.count - k});
      at.count = k;
    } else {
      ranges.push_back({at.first, k});
      at = {at.first + k, at.count - k};
      old_size -= k;
    }
  }
  if (at.first != 0) ranges.push_back(at);  // else it is the old tree itself, whose root the reader has
  std::ranges::reverse(ranges);
  return ranges;
}

std::vector<Digest> consistency_proof(std::span<const Digest> leaves, std::uint64_t old_size) {
  std::vector<Digest> proof;
  for (const LeafRange& range : consistency_ranges(old_size, leaves.size())) {
    proof.push_back(root_of(leaves.subspan(range.first, range.count)));
  }
  return proof;
}

Result<Done> verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                              std::span<const Digest> proof, const Digest& root) {
  if (index >= size) return refuse(fmt::format("leaf {} is not in a tree of {} leaves", index, size));
  std::uint64_t fn = index;  // RFC 9162 §2.1.3.2
  std::uint64_t sn = size - 1;
  Digest r = leaf;
  for (const Digest& p : proof) {
    if (sn == 0) return refuse("the proof is too long");
    if ((fn & 1U) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1U) == 0 && fn != 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  if (sn != 0) return refuse("the proof is too short");
  if (r != root) return refuse("the proof leads to another root");
  return Done{};
}

Result<Done> verify_consistency(std::uint64_t size1, std::uint64_t size2, const Digest& root1, const Digest& root2,
                                std::span<const Digest> proof) {
  if (size1 > size2) return refuse(fmt::format("size {} is larger than {}", size1, size2));
  if (size1 == 0) return refuse("a proof from the empty tree proves nothing");
  if (size1 == size2) {
    if (!proof.empty()) return refuse("equal sizes need an empty proof");
    if (root1 != root2) return refuse("equal sizes with different roots");
    return Done{};
  }
  if (proof.empty()) return refuse("the proof is empty");
  std::vector<Digest> path;  // RFC 9162 §2.1.4.2
  if (std::has_single_bit(size1)) path.push_back(root1);
  path.insert(path.end(), proof.begin(), proof.end());
  std::uint64_t fn = size1 - 1;
  std::uint64_t sn = size2 - 1;
  while ((fn & 1U) != 0) {
    fn >>= 1U;
    sn >>= 1U;
  }
  Digest fr = path.front();
  Digest sr = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return refuse("the proof is too long");
    if ((fn & 1U) != 0 || fn == sn) {
      fr = node_hash(path[i], fr);
      sr = node_hash(path[i], sr);
      while ((fn & 1U) == 0 && fn != 0) {
        fn >>= 1U;
        sn >>= 1U;
      }
    } else {
      sr = node_hash(sr, path[i]);
    }
    fn >>= 1U;
    sn >>= 1U;
  }
  if (sn != 0) return refuse("the proof is too short");
  if (fr != root1) return refuse("the proof leads to another first root");
  if (sr != root2) return refuse("the proof leads to another second root");
  return Done{};
}

}  // namespace aright::audit
