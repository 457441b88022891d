// What a witness holds is read from lines of whatever wrote them; what it says against a log.
#include "cli/witness_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace aright::cli {
namespace {

class WitnessFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "aright-witness-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static audit::SigningKey key(char seed) { return *audit::SigningKey::from_seed(std::string(32, seed)); }
  static audit::VerifyKey verifier(char seed = 'o') {
    return audit::VerifyKey::make(std::string("aright/log-") + seed, key(seed).public_key());
  }
  static std::string line(std::uint64_t size, char seed = 'o') {
    const std::string origin = verifier(seed).name;
    return witness_line(*audit::sign_checkpoint({origin, size, audit::leaf_hash("x"), {}}, key(seed), origin));
  }
  std::string write(const std::string& text) {
    const std::string path = (folder_ / "witness").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(WitnessFile, LinesOfAnyProgramAreRead) {
  const std::string path = write("2026-11-27T00:00:00Z checkpoint " + line(3) + "\n" +                 // our file
                                 "Nov 27 00:00:01 host aright[7]: checkpoint " + line(5) + "\n" +      // the system log
                                 "something else | with a bar |\n\n" + "checkpoint " + line(9, 'p') +  // another node
                                 "\n" + "[info] checkpoint " + line(8) + "\n");
  const auto held = read_witness(path, verifier());
  ASSERT_TRUE(held) << held.error().message;
  ASSERT_EQ(held->size(), 3U);
  EXPECT_EQ((*held)[0].body.size, 3U);
  EXPECT_EQ((*held)[1].where, path + ", line 2");
  EXPECT_EQ((*held)[2].line, 6U);
  EXPECT_EQ((*held)[2].body.size, 8U);
  EXPECT_EQ((*newest_witnessed(path, verifier()))->body.size, 8U);
}

TEST_F(WitnessFile, ATornLineIsPassedOverAndAForgedOneNamed) {
  const std::string whole = "checkpoint " + line(3) + "\n";
  for (std::size_t left = 0; left + 1 < whole.size(); ++left) {
    const auto at_the_end = read_witness(write(whole + whole.substr(0, left)), verifier());
    ASSERT_TRUE(at_the_end) << left << ": " << at_the_end.error().message;
    ASSERT_EQ(at_the_end->size(), 1U) << left;
  }
  std::string forged = line(4);
  forged.replace(forged.find("|4|"), 3, "|5|");
  const auto said = read_witness(write(whole + forged + "\n"), verifier());
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::invalid);
  EXPECT_TRUE(said.error().message.ends_with("witness, line 2: checkpoint: the signature of aright/log-o is wrong"))
      << said.error().message;
}

TEST_F(WitnessFile, TheNewestIsFoundAlsoFarBeforeTheEnd) {
  std::string others;
  while (others.size() < 200'000) others += "checkpoint " + line(others.size(), 'p') + "\n";
  const std::string path = write(line(3) + "\n" + line(7) + "\n" + others);
  EXPECT_EQ((*newest_witnessed(path, verifier()))->body.size, 7U);
  EXPECT_FALSE(*newest_witnessed(path, verifier('q')));
  EXPECT_EQ(newest_witnessed(folder_ / "none", verifier()).error().code, Errc::not_found);
  EXPECT_EQ(newest_witnessed(folder_, verifier()).error().code, Errc::invalid);
}

TEST(SetBackOf, OnlyAWholeEntryOfThatKind) {
  const Digest root = audit::leaf_hash("x");
  const Json entry{{"kind", set_back_kind}, {"held", 9U}, {"agreed", 4U}, {"root", base64(as_text(root))}};
  const auto back = set_back_of(entry);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->size, 9U);
  EXPECT_EQ(back->agreed, 4U);
  EXPECT_EQ(back->root, root);
  EXPECT_EQ(back->from, 0U) << "an older version wrote it";
  Json newer = entry;
  newer["from"] = 6U;
  newer["from_root"] = base64(as_text(root));
  ASSERT_TRUE(set_back_of(newer));
  EXPECT_EQ(set_back_of(newer)->from, 6U);
  EXPECT_EQ(set_back_of(newer)->from_root, root);
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, Json>>{{"kind", "node.started"},
                                                                                      {"held", "9"},
                                                                                      {"agreed", -1},
                                                                                      {"root", "eA=="},
                                                                                      {"root", "?"},
                                                                                      {"from", "6"},
                                                                                      {"from_root", "?"}}) {
    Json other = newer;
    other[key] = value;
    EXPECT_FALSE(set_back_of(other)) << key;
  }
}

}  // namespace
}  // namespace aright::cli
