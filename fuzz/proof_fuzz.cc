// A proof proves only as it was made: every other one is refused, and no sizes, indices or lengths crash the verifier.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "audit/merkle.h"

namespace {

using namespace aright;

/// Takes from the front of the input; zeros when it is used up.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8U | byte();
    return value;
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Flips, drops, doubles and swaps as the input says.
std::vector<Digest> changed(std::vector<Digest> proof, Input& input) {
  while (!input.empty()) {
    const std::uint8_t how = input.byte();
    const std::size_t at = proof.empty() ? 0 : input.byte() % proof.size();
    if (how % 4 == 0 && !proof.empty()) proof[at][input.byte() % 32] ^= input.byte();
    if (how % 4 == 1 && !proof.empty()) proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(at));
    if (how % 4 == 2 && proof.size() < 80) proof.push_back(proof.empty() ? Digest{how} : proof[at]);
    if (how % 4 == 3 && !proof.empty()) std::swap(proof[at], proof.back());
  }
  return proof;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  std::vector<Digest> leaves(1 + input.byte() % 100U);
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = audit::leaf_hash(std::to_string(i));
  const std::uint64_t index = input.byte() % leaves.size();
  const Digest root = audit::root_of(leaves);
  const bool wild = input.byte() % 2 == 1;
  const std::uint64_t said_index = wild ? input.number() : index;
  const std::uint64_t said_size = wild ? input.number() : leaves.size();
  const bool consistency = input.byte() % 2 == 1;
  const auto made = consistency ? audit::consistency_proof(leaves, index + 1) : audit::inclusion_proof(leaves, index);
  const auto given = changed(made, input);
  // A tree of another size can have the same path to the same root: sizes are bound by the checkpoint.
  bool accepted = false;
  if (consistency) {
    const std::uint64_t old_size = wild ? said_index : index + 1;
    const Digest old_root = audit::root_of(std::span(leaves).first(index + 1));
    accepted = audit::verify_consistency(old_size, said_size, old_root, root, given).has_value();
    if (old_size == index + 1 && said_size == leaves.size()) demand(accepted == (given == made));
  } else {
    accepted = audit::verify_inclusion(said_index, said_size, leaves[index], given, root).has_value();
    if (said_size == leaves.size()) demand(accepted == (given == made && said_index == index));
  }
  return 0;
}
