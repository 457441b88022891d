// Proofs by blocks equal those over all leaves, at every edge of a block and while the log grows.
#include "cli/prover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/merkle.h"

namespace aright::cli {
namespace {

/// A log in memory; counts the leaves that were read.
class LogInMemory final : public History {
 public:
  explicit LogInMemory(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      log.push_back({i, 0, "entry " + std::to_string(i)});
      all.push_back(audit::leaf_hash(log.back().bytes));
    }
  }
  void sign(std::uint64_t size) {
    const Digest root = audit::root_of(std::span(all).first(size));
    checkpoint = Checkpoint{size, "log\n" + std::to_string(size) + "\n" + base64(as_text(root)) + "\n\nsigned\n"};
  }
  Result<Page> page(const PageRequest&) override { return Page{}; }
  Result<std::optional<Row>> row(const std::string&, const std::string&) override { return std::optional<Row>(); }
  Result<std::vector<Entry>> entries_of_run(std::uint64_t, std::uint32_t) override { return std::vector<Entry>{}; }
  Result<std::vector<Entry>> entries(std::uint64_t first, std::uint32_t limit) override {
    return part(log, first, limit);
  }
  Result<std::vector<Digest>> leaves(std::uint64_t first, std::uint64_t limit) override {
    auto list = part(all, first, limit);
    read += list.size();
    return list;
  }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return checkpoint; }
  Result<std::optional<Blob>> blob(const std::string&) override { return std::optional<Blob>(); }

  std::vector<Entry> log;
  std::vector<Digest> all;
  std::optional<Checkpoint> checkpoint;
  std::uint64_t read{0};

 private:
  template <class T>
  static std::vector<T> part(const std::vector<T>& list, std::uint64_t first, std::uint64_t limit) {
    const std::size_t from = std::min<std::size_t>(first, list.size());
    const std::size_t to = std::min<std::size_t>(from + limit, list.size());
    return {list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(to)};
  }
};

std::vector<std::string> expected_proof(const LogInMemory& log, std::uint64_t size, std::uint64_t seq) {
  std::vector<std::string> texts;
  for (const Digest& node : audit::inclusion_proof(std::span(log.all).first(size), seq)) {
    texts.push_back(base64(as_text(node)));
  }
  return texts;
}

TEST(Prover, EqualsTheProofOverAllLeavesAsTheLogGrows) {
  LogInMemory log(20'000);
  Prover prover(log);
  for (const std::uint64_t size : {1U, 2U, 1023U, 1024U, 1025U, 2047U, 2048U, 2049U, 3000U, 4096U, 19'999U, 20'000U}) {
    log.sign(size);
    for (std::uint64_t seq : {0U, 1U, 511U, 1022U, 1023U, 1024U, 1025U, 2047U, 2048U, 4095U, 16'384U, 19'998U}) {
      seq = std::min(seq, size - 1);
      const auto proof = prover.prove(seq);
      ASSERT_TRUE(proof) << seq << " of " << size << ": " << proof.error().message;
      EXPECT_EQ(proof->at("proof").get<std::vector<std::string>>(), expected_proof(log, size, seq))
          << seq << " of " << size;
      EXPECT_EQ(proof->at("tree_size"), size);
      EXPECT_EQ(*unbase64(proof->at("entry").get<std::string>()), "entry " + std::to_string(seq));
    }
  }
}

TEST(Prover, ConsistencyEqualsTheProofOverAllLeaves) {
  LogInMemory log(20'000);
  Prover prover(log);
  const std::vector<std::uint64_t> sizes{1,    2,    3,    1000, 1023, 1024,   1025,   2047,   2048,
                                         2049, 3000, 3072, 4096, 7000, 16'384, 16'385, 19'999, 20'000};
  for (const std::uint64_t size : sizes) {
    for (const std::uint64_t old : sizes) {
      if (old > size) break;
      const auto proof = prover.consistency(old, size);
      ASSERT_TRUE(proof) << proof.error().message;
      ASSERT_EQ(*proof, audit::consistency_proof(std::span(log.all).first(size), old)) << old << " of " << size;
    }
    EXPECT_EQ(prover.consistency(0, size), std::vector<Digest>{});
  }
  const auto beyond = prover.consistency(1, 20'001);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::corrupt);
}

TEST(Prover, ReadsTheWholeLogOnlyOnce) {
  LogInMemory log(20'000);
  log.sign(20'000);
  Prover prover(log);
  ASSERT_TRUE(prover.prove(5));
  log.read = 0;
  ASSERT_TRUE(prover.prove(12'345));
  EXPECT_LE(log.read, 2048U);
}

TEST(Prover, SaysWhatCannotBeProved) {
  LogInMemory log(10);
  Prover prover(log);
  EXPECT_EQ(prover.prove(3).error().code, Errc::not_found);  // nothing is signed
  log.sign(5);
  EXPECT_TRUE(prover.prove(4));
  EXPECT_EQ(prover.prove(5).error().retry, Retry::yes);
  EXPECT_EQ(prover.prove(10).error().message, "no entry 10");
}

TEST(Prover, NeverProvesWhatWasNotSigned) {
  LogInMemory log(3000);
  log.sign(3000);
  const auto refused = [&](const std::string& why) {
    const auto proof = Prover(log).prove(2500);
    ASSERT_FALSE(proof);
    EXPECT_EQ(proof.error().code, Errc::corrupt);
    EXPECT_NE(proof.error().message.find(why), std::string::npos) << proof.error().message;
  };
  log.log[2500].bytes += "x";
  refused("entry 2500: its bytes are not what was recorded");
  log.all[2500] = audit::leaf_hash(log.log[2500].bytes);  // the leaf fits again, the signed root does not
  refused("another root than was signed");
  log.all.pop_back();
  refused("only 951 of the 952 entries from 2048 on are there");
}

}  // namespace
}  // namespace aright::cli
