#include "source/webhook/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace aright::source {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string name = (fs::temp_directory_path() / "aright-secret-XXXXXX").string();
    dir = mkdtemp(name.data());
  }
  ~SecretFile() override { fs::remove_all(dir); }
  std::string written(const std::string& text, mode_t mode = 0600) const {
    const std::string path = (dir / "key").string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  fs::path dir;
};

TEST_F(SecretFile, GivesTheTextWithoutItsLineBreak) {
  for (const char* text : {"a key of tests 16", "a key of tests 16\n", "a key of tests 16\r\n"}) {
    EXPECT_EQ(read_secret_file(written(text)), "a key of tests 16");
  }
  EXPECT_EQ(read_secret_file(written(" two lines\nof a key \n", 0640)), " two lines\nof a key ")
      << "all else is part of it";
  fs::create_symlink(dir / "key", dir / "link");
  EXPECT_TRUE(read_secret_file((dir / "link").string()));
}

TEST_F(SecretFile, WhatOthersMayReadOrChangeIsRefused) {
  for (const mode_t mode : {0644U, 0604U, 0660U, 0602U, 0601U}) {
    const auto read = read_secret_file(written("s3cret", mode));
    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code, Errc::invalid);
    EXPECT_THAT(read.error().message, HasSubstr("set mode 0600"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("s3cret")));
  }
  if (geteuid() == 0) {
    const std::string path = written("s3cret");
    ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
    EXPECT_THAT(read_secret_file(path).error().message, HasSubstr("belongs to user 12345"));
  }
}

TEST_F(SecretFile, WhatIsNoKeyIsRefused) {
  EXPECT_EQ(read_secret_file((dir / "none").string()).error().code, Errc::not_found);
  EXPECT_THAT(read_secret_file(dir.string()).error().message, HasSubstr("no regular file"));
  EXPECT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(read_secret_file((dir / "pipe").string()).error().message, HasSubstr("no regular file"));
  for (const char* empty : {"", "\n"})
    EXPECT_THAT(read_secret_file(written(empty)).error().message, HasSubstr("empty"));
  EXPECT_TRUE(read_secret_file(written(std::string(16, 'x'))));
  EXPECT_THAT(read_secret_file(written(std::string(15, 'x') + "\n")).error().message,
              HasSubstr("a key of 15 bytes can be guessed; make one of at least 16"));
  EXPECT_TRUE(read_secret_file(written(std::string(4096, 'x'))));
  EXPECT_THAT(read_secret_file(written(std::string(4097, 'x'))).error().message, HasSubstr("larger"));
}

}  // namespace
}  // namespace aright::source
