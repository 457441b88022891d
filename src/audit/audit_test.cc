#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "audit/checkpoint.h"
#include "audit/cosignature.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/test_leaves.h"
#include "audit/verifier.h"
#include "base/digest.h"

namespace aright::audit {
namespace {

/// RFC 6962 §2.1, word for word.
Digest by_definition(std::span<const Digest> list) {
  if (list.empty()) return empty_root();
  if (list.size() == 1) return list.front();
  std::size_t k = 1;
  while (k * 2 < list.size()) k *= 2;
  return node_hash(by_definition(list.first(k)), by_definition(list.subspan(k)));
}

TEST(Merkle, EmptyTreeAndFirstLeaf) {
  EXPECT_EQ(hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(leaf_hash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Merkle, FrontierEqualsTheDefinition) {
  Frontier frontier;
  const auto list = leaves(130);
  for (std::size_t n = 0; n <= list.size(); ++n) {
    EXPECT_EQ(frontier.root(), by_definition(std::span(list).first(n))) << n;
    const auto again = Frontier::from(frontier.size(), frontier.edge());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->root(), frontier.root());
    if (n < list.size()) frontier.append(list[n]);
  }
  EXPECT_FALSE(Frontier::from(3, {list[0]}));
}

RC_GTEST_PROP(Merkle, ProofsVerifyAndEveryChangeIsRefused, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 70);
  const auto index = *rc::gen::inRange<std::size_t>(0, size);
  const auto list = leaves(size);
  const Digest root = root_of(list);
  auto proof = inclusion_proof(list, index);
  RC_ASSERT(verify_inclusion(index, size, list[index], proof, root).has_value());
  RC_ASSERT(!verify_inclusion(index, size, leaf_hash("other"), proof, root).has_value());
  if (!proof.empty()) {
    auto& node = proof.at(*rc::gen::inRange<std::size_t>(0, proof.size()));
    node[*rc::gen::inRange<std::size_t>(0, 32)] ^= 1U;
    RC_ASSERT(!verify_inclusion(index, size, list[index], proof, root).has_value());
  }
}

RC_GTEST_PROP(Merkle, ConsistencyProofsVerifyAndEveryChangeIsRefused, ()) {
  const auto size2 = *rc::gen::inRange<std::size_t>(1, 70);
  const auto size1 = *rc::gen::inRange<std::size_t>(1, size2 + 1);
  const auto list = leaves(size2);
  const Digest root1 = root_of(std::span(list).first(size1));
  const Digest root2 = root_of(list);
  auto proof = consistency_proof(list, size1);
  RC_ASSERT(verify_consistency(size1, size2, root1, root2, proof).has_value());
  proof.push_back(root1);
  RC_ASSERT(!verify_consistency(size1, size2, root1, root2, proof).has_value());
  RC_ASSERT(!verify_consistency(0, size2, empty_root(), root2, proof).has_value());
}

SigningKey key() { return *SigningKey::from_seed(std::string(32, 'k')); }

TEST(Checkpoint, OpensWhatItSignedAndRefusesEveryChangedByte) {
  const VerifyKey verifier = VerifyKey::make("log.example", key().public_key());
  const CheckpointBody body{"log.example", 7, leaf_hash("x"), {"extension"}};
  const auto note = sign_checkpoint(body, key(), "log.example");
  ASSERT_TRUE(note);
  const auto opened = open_checkpoint(*note, verifier);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->size, 7U);
  EXPECT_EQ(opened->root, body.root);
  for (std::size_t i = 0; i < note->size(); ++i) {
    std::string changed = *note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_checkpoint(changed, verifier)) << "byte " << i;
  }
}

TEST(VerifyKey, ReadsItsOwnTextAndRefusesAForeignId) {
  const VerifyKey verifier = VerifyKey::make("log.example", key().public_key());
  const auto again = VerifyKey::parse(verifier.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key, verifier.public_key);
  std::string foreign = verifier.text();
  foreign[0] = 'L';
  EXPECT_FALSE(VerifyKey::parse(foreign));
}

TEST(VerifyKey, IsForOneUse) {
  const VerifyKey cosigner = VerifyKey::make("witness.example/w1", key().public_key(), KeyUse::cosignature);
  EXPECT_EQ(VerifyKey::parse(cosigner.text(), KeyUse::cosignature), cosigner);
  EXPECT_FALSE(VerifyKey::parse(cosigner.text()));
  const VerifyKey signer = VerifyKey::make("witness.example/w1", key().public_key());
  EXPECT_NE(signer.key_id, cosigner.key_id);
  EXPECT_FALSE(VerifyKey::parse(signer.text(), KeyUse::cosignature));
}

std::string cosigned(std::uint64_t time, const std::string& body, const SigningKey& by, const VerifyKey& as) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(time >> static_cast<unsigned>(shift));
  return signature_line(as.name, as.key_id, bytes + by.sign(cosigned_message(time, body)));
}

TEST(Cosignature, IsFoundAmongThoseOfOthersAndRefusedWithEveryChangedByte) {
  const SigningKey witness = *SigningKey::from_seed(std::string(32, 'w'));
  const VerifyKey cosigner = VerifyKey::make("witness.example/w1", witness.public_key(), KeyUse::cosignature);
  const std::string note = *sign_checkpoint({"log.example", 7, leaf_hash("x"), {}}, key(), "log.example");
  const std::string body = note.substr(0, note.find("\n\n") + 1);
  EXPECT_EQ(cosigned_message(1679315147, body).find("cosignature/v1\ntime 1679315147\nlog.example\n7\n"), 0U);
  const std::string own = cosigned(1679315147, body, witness, cosigner);
  const std::string other = cosigned(1, body, key(), VerifyKey::make("x", key().public_key(), KeyUse::cosignature));
  const auto found = open_cosignature(note, other + own, cosigner);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->time, 1679315147U);
  EXPECT_EQ(found->line, own);
  EXPECT_TRUE(open_checkpoint(note + own, VerifyKey::make("log.example", key().public_key())));
  EXPECT_EQ(open_cosignature(note, other, cosigner).error().message,
            "cosignature: there is none of witness.example/w1");
  for (std::size_t i = 0; i < own.size(); ++i) {
    std::string changed = own;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_cosignature(note, changed, cosigner)) << "byte " << i;
  }
  for (std::size_t i = 0; i < body.size() - 1; ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_cosignature(changed, own, cosigner)) << "byte " << i << " of the note";
  }
  EXPECT_FALSE(open_cosignature(note, cosigned(std::uint64_t{1} << 63U, body, witness, cosigner), cosigner));
  EXPECT_FALSE(open_cosignature(note, "", cosigner));
}

TEST(LogVerifier, SaysWhereALogIsWrong) {
  const VerifyKey verifier = VerifyKey::make("log.example", key().public_key());
  LogVerifier log(verifier, "log.example");
  ASSERT_TRUE(log.add(0, "a", leaf_hash("a")));
  EXPECT_EQ(log.add(2, "b", leaf_hash("b")).error().message, "entry 1: missing (the next one stored is 2)");
  EXPECT_EQ(log.add(1, "b", leaf_hash("B")).error().message, "entry 1: its bytes are not what was recorded");
  const auto other_root = sign_checkpoint({"log.example", 1, leaf_hash("z"), {}}, key(), "log.example");
  EXPECT_EQ(log.checkpoint(1, *other_root).error().message,
            "checkpoint at 1: the entries lead to another root than was signed");
}

TEST(LogVerifier, ACheckpointMustBeOfThisLogThisSizeThisRootAndThisKey) {
  const VerifyKey verifier = VerifyKey::make("log.example", key().public_key());
  LogVerifier log(verifier, "log.example");
  ASSERT_TRUE(log.add(0, "a", leaf_hash("a")));
  ASSERT_TRUE(log.add(1, "b", leaf_hash("b")));
  const Digest root = log.tree().root();
  const auto note = [&](const std::string& origin, std::uint64_t size, const Digest& of, const SigningKey& by) {
    return *sign_checkpoint({origin, size, of, {}}, by, "log.example");
  };
  EXPECT_TRUE(log.checkpoint(2, note("log.example", 2, root, key())));
  const auto refused = [&](std::uint64_t size, const std::string& text, const std::string& why) {
    const auto said = log.checkpoint(size, text);
    ASSERT_FALSE(said) << why;
    EXPECT_EQ(said.error().code, Errc::corrupt);
    EXPECT_NE(said.error().message.find(why), std::string::npos) << said.error().message;
  };
  refused(2, note("other.example", 2, root, key()), "it is for the log other.example");
  refused(2, note("log.example", 3, root, key()), "it is for 3 entries");
  refused(3, note("log.example", 3, root, key()), "it is for 3 entries");
  refused(1, note("log.example", 2, root, key()), "it is for 2 entries");
  refused(2, note("log.example", 2, leaf_hash("b"), key()), "another root");
  refused(2, note("log.example", 2, root, *SigningKey::from_seed(std::string(32, 'x'))), "checkpoint at 2: ");
  refused(2, "not a note", "checkpoint at 2: ");
}

}  // namespace
}  // namespace aright::audit
