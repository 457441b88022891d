#include "cli/prover.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "audit/merkle.h"

namespace aright::cli {

namespace {

// A power of two: then the tree over the roots of the blocks, the last one perhaps not full, is the upper part of the
// tree over all leaves.
constexpr std::uint64_t block = 1024;
constexpr std::uint64_t blocks_a_read = 16;

std::unexpected<Error> not_signed(std::uint64_t seq) {
  return fail(
      Errc::not_found,
      fmt::format("entry {} is not yet under a signed checkpoint; a running daemon makes one within a second", seq),
      Retry::yes);
}

std::unexpected<Error> proof_fails(const std::string& why) {
  return fail(Errc::corrupt, why + "; `aright audit verify` says where");
}

Json answer(const Entry& entry, const Checkpoint& checkpoint, const Digest& leaf, const Digest& root,
            std::span<const Digest> proof) {
  Json nodes = Json::array();
  for (const Digest& node : proof) nodes.push_back(base64(as_text(node)));
  return {{"seq", entry.seq},
          {"entry", base64(entry.bytes)},
          {"leaf", base64(as_text(leaf))},
          {"tree_size", checkpoint.size},
          {"root", base64(as_text(root))},
          {"proof", nodes},
          {"checkpoint", checkpoint.note}};
}

}  // namespace

Result<std::vector<Digest>> Prover::leaves(std::uint64_t first, std::uint64_t count) {
  auto list = history_.leaves(first, count);
  if (list && list->size() != count)
    return proof_fails(fmt::format("only {} of the {} entries from {} on are there", list->size(), count, first));
  return list;
}

/// The roots of the blocks of the tree of `size` leaves.
Result<std::vector<Digest>> Prover::nodes(std::uint64_t size) {
  const std::uint64_t whole = size / block;
  while (blocks_.size() < whole) {
    const std::uint64_t count = std::min(whole - blocks_.size(), blocks_a_read);
    auto read = leaves(blocks_.size() * block, count * block);
    if (!read) return read;
    for (std::uint64_t i = 0; i < count; ++i)
      blocks_.push_back(audit::root_of(std::span(*read).subspan(i * block, block)));
  }
  std::vector<Digest> roots(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(whole));
  if (size % block == 0) return roots;
  auto rest = leaves(whole * block, size % block);
  if (!rest) return rest;
  roots.push_back(audit::root_of(*rest));
  return roots;
}

Result<std::vector<Digest>> Prover::consistency(std::uint64_t old_size, std::uint64_t size) {
  const std::scoped_lock lock(mutex_);
  std::vector<Digest> proof;
  if (old_size == 0 || old_size == size) return proof;
  const auto upper = nodes(size);
  if (!upper) return std::unexpected(upper.error());
  for (const audit::LeafRange& range : audit::consistency_ranges(old_size, size)) {
    if (range.count < block) {  // within one block
      const auto own = leaves(range.first, range.count);
      if (!own) return std::unexpected(own.error());
      proof.push_back(audit::root_of(*own));
    } else {
      const std::uint64_t blocks = (range.count + block - 1) / block;
      proof.push_back(audit::root_of(std::span(*upper).subspan(range.first / block, blocks)));
    }
  }
  return proof;
}

Result<Json> Prover::prove(std::uint64_t seq) {
  const std::scoped_lock lock(mutex_);
  auto checkpoint = history_.newest_checkpoint();
  if (!checkpoint) return std::unexpected(checkpoint.error());
  auto entries = history_.entries(seq, 1);
  if (!entries) return std::unexpected(entries.error());
  if (entries->empty() || entries->front().seq != seq) return fail(Errc::not_found, fmt::format("no entry {}", seq));
  if (!*checkpoint || seq >= (*checkpoint)->size) return not_signed(seq);
  const std::uint64_t size = (*checkpoint)->size;
  auto upper = nodes(size);
  if (!upper) return std::unexpected(upper.error());
  const std::uint64_t first = seq / block * block;
  auto own = leaves(first, std::min(block, size - first));
  if (!own) return std::unexpected(own.error());
  auto proof = audit::inclusion_proof(*own, seq - first);
  for (const Digest& node : audit::inclusion_proof(*upper, seq / block)) proof.push_back(node);
  const Digest leaf = audit::leaf_hash(entries->front().bytes);
  const Digest root = audit::root_of(*upper);
  if (!audit::verify_inclusion(seq, size, leaf, proof, root))
    return proof_fails(fmt::format("entry {}: its bytes are not what was recorded", seq));
  if ((*checkpoint)->note.find("\n" + base64(as_text(root)) + "\n") == std::string::npos)
    return proof_fails("the entries lead to another root than was signed");
  return answer(entries->front(), **checkpoint, leaf, root, proof);
}

}  // namespace aright::cli
