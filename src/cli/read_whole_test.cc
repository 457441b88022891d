// Whole files: what they cost is their own size, whatever the limit is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/file_syntax.h"

namespace aright::cli {
namespace {

using testing::HasSubstr;

class ReadWhole : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "aright-whole-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    const std::string path = (folder_ / "file").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(ReadWhole, ASmallFileCostsNoBufferOfTheLimit) {
  constexpr std::size_t more_than_any_memory = std::size_t{1} << 60U;
  const auto bytes = read_whole(write("few"), more_than_any_memory);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, "few");
}

TEST_F(ReadWhole, TheLimitIsTheLastSizeThatIsRead) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{100000}}) {
    const std::string text(size, 'x');
    const std::string path = write(text);
    const auto exact = read_whole(path, size);
    ASSERT_TRUE(exact) << size;
    EXPECT_EQ(*exact, text);
    const auto over = read_whole(path, size - 1);
    ASSERT_FALSE(over) << size;
    EXPECT_THAT(over.error().message, HasSubstr("is larger than"));
  }
  const auto empty = read_whole(write(""), 0);
  ASSERT_TRUE(empty);
  EXPECT_EQ(*empty, "");
}

TEST_F(ReadWhole, WhatSaysThatItHasNoBytesIsReadToItsEnd) {
  constexpr std::size_t enough = std::size_t{16} << 20U;
  const auto maps = read_whole("/proc/self/smaps", enough);  // more than one piece, and its size is 0
  ASSERT_TRUE(maps) << maps.error().message;
  EXPECT_GT(maps->size(), 8192U);
  EXPECT_TRUE(maps->ends_with('\n'));
  EXPECT_FALSE(read_whole("/proc/self/smaps", 5000));
}

}  // namespace
}  // namespace aright::cli
