// Proofs against the definition, and every small change refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/test_leaves.h"

namespace aright::audit {
namespace {

void flip(Digest& digest, std::size_t bit) { digest[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8)); }

TEST(Proofs, AllSizesUpToSeventy) {
  const auto all = leaves(70);
  for (std::size_t size = 1; size <= all.size(); ++size) {
    const auto list = std::span(all).first(size);
    const Digest root = root_of(list);
    for (std::size_t i = 0; i < size; ++i) {
      const auto proof = inclusion_proof(list, i);
      ASSERT_TRUE(verify_inclusion(i, size, list[i], proof, root)) << i << " of " << size;
      ASSERT_TRUE(size == 1 || !verify_inclusion((i + 1) % size, size, list[i], proof, root));
      ASSERT_FALSE(verify_inclusion(size, size, list[i], proof, root));
    }
    for (std::size_t old = 1; old <= size; ++old) {
      const auto proof = consistency_proof(list, old);
      const Digest before = root_of(list.first(old));
      ASSERT_TRUE(verify_consistency(old, size, before, root, proof)) << old << " of " << size;
      ASSERT_TRUE(old == 1 || !verify_consistency(old - 1, size, before, root, proof));
      ASSERT_TRUE(old == size || !verify_consistency(old, size, root, before, proof));
    }
  }
}

TEST(Proofs, EverySingleBitOfAProofAndItsRootsCounts) {
  for (const std::size_t size : {2U, 7U, 8U, 33U}) {
    const auto list = leaves(size);
    const Digest root = root_of(list);
    const std::size_t index = size / 2;
    auto proof = inclusion_proof(list, index);
    auto between = consistency_proof(list, index + 1);
    const Digest before = root_of(std::span(list).first(index + 1));
    for (std::size_t bit = 0; bit < 256; ++bit) {
      for (Digest& node : proof) {
        flip(node, bit);
        ASSERT_FALSE(verify_inclusion(index, size, list[index], proof, root));
        flip(node, bit);
      }
      for (Digest& node : between) {
        flip(node, bit);
        ASSERT_FALSE(verify_consistency(index + 1, size, before, root, between));
        flip(node, bit);
      }
      Digest wrong = root;
      flip(wrong, bit);
      ASSERT_FALSE(verify_inclusion(index, size, list[index], proof, wrong));
      ASSERT_FALSE(verify_consistency(index + 1, size, before, wrong, between));
      wrong = before;
      flip(wrong, bit);
      ASSERT_FALSE(verify_consistency(index + 1, size, wrong, root, between));
      if (bit >= 64) continue;
      ASSERT_FALSE(verify_inclusion(index ^ (std::uint64_t{1} << bit), size, list[index], proof, root)) << bit;
      ASSERT_FALSE(verify_consistency((index + 1) ^ (std::uint64_t{1} << bit), size, before, root, between)) << bit;
    }
  }
}

RC_GTEST_PROP(Proofs, LargeTrees, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(2, 5000);
  const auto index = *rc::gen::inRange<std::size_t>(0, size);
  const auto list = leaves(size);
  Frontier frontier;
  for (std::size_t i = 0; i <= index; ++i) frontier.append(list[i]);
  const Digest before = frontier.root();
  for (std::size_t i = index + 1; i < size; ++i) frontier.append(list[i]);
  RC_ASSERT(verify_inclusion(index, size, list[index], inclusion_proof(list, index), frontier.root()).has_value());
  RC_ASSERT(
      verify_consistency(index + 1, size, before, frontier.root(), consistency_proof(list, index + 1)).has_value());
}

TEST(Note, MalformedOnesAreRefusedAndForeignSignaturesIgnored) {
  const SigningKey key = *SigningKey::from_seed(std::string(32, 'k'));
  const SigningKey other = *SigningKey::from_seed(std::string(32, 'o'));
  const VerifyKey verifier = VerifyKey::make("log.example", key.public_key());
  const CheckpointBody body{"log.example", 7, leaf_hash("x"), {}};
  const std::string note = *sign_checkpoint(body, key, "log.example");
  const std::string theirs = *sign_checkpoint(body, other, "witness.example");
  const std::string signature = theirs.substr(theirs.find("\n\n") + 2);
  EXPECT_TRUE(open_checkpoint(note + signature, verifier));  // one more, of somebody we do not know
  EXPECT_TRUE(open_checkpoint(note.substr(0, note.find("\n\n") + 2) + signature + note.substr(note.find("\n\n") + 2),
                              verifier));
  EXPECT_FALSE(open_checkpoint(theirs, verifier));
  EXPECT_FALSE(open_checkpoint(*sign_checkpoint(body, other, "log.example"), verifier));  // our name, not our key
  std::string many = note;
  for (int i = 0; i < 64; ++i) many += signature;
  EXPECT_FALSE(open_checkpoint(many, verifier));
  EXPECT_FALSE(open_checkpoint(note + std::string(70'000, 'x') + "\n", verifier));
  for (const std::string& bad : {std::string(), std::string("\n\n"), note.substr(0, note.size() - 1), note + "x",
                                 note + "\n", "\n" + note, note + "- log.example AAAA\n", note + note}) {
    EXPECT_FALSE(open_checkpoint(bad, verifier)) << bad;
  }
  // Bodies that are signed well and still not what the form allows.
  const std::string root = base64(as_text(leaf_hash("x")));
  for (const std::string& text :
       {"log.example\n07\n" + root + "\n", "log.example\n+7\n" + root + "\n", "log.example\n7 \n" + root + "\n",
        "log.example\n18446744073709551616\n" + root + "\n", "log.example\n\n" + root + "\n", "\n7\n" + root + "\n",
        "log.example\n7\n" + root.substr(1) + "\n", std::string("log.example\n7\nAAAA\n"),
        std::string("log.example\n7\n")}) {
    const std::string id{static_cast<char>(verifier.key_id >> 24U), static_cast<char>(verifier.key_id >> 16U),
                         static_cast<char>(verifier.key_id >> 8U), static_cast<char>(verifier.key_id)};
    const std::string made = text + "\n\xE2\x80\x94 log.example " + base64(id + key.sign(text)) + "\n";
    EXPECT_FALSE(open_checkpoint(made, verifier)) << text;
  }
}

}  // namespace
}  // namespace aright::audit
